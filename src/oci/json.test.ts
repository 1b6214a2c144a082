import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '#errors';
import { parseJsonStrict, rawMembers } from './json.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const read = (text: string): unknown => parseJsonStrict(bytes(text), 'the manifest');
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test('reads objects', () => {
  const rows = [
    '{}',
    ' \t\r\n{ } \n',
    '{"a":1,"b":[1,2,{"a":1},{"a":2}],"c":{"a":{"a":"a"}}}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":"\\\\","b":"\\""}',
    '{"":1," ":2}',
    '{"a":["a","a"],"b":["b",{"a":"b,\\"a\\""}]}',
    '{"A":1,"a":2}',
    '{"a":-0.5e-3,"b":true,"c":null,"d":"\\u00e9é🐳"}',
    '{"toString":1,"hasOwnProperty":2}',
    nested(64),
    `{"a":${'['.repeat(63)}${']'.repeat(63)}}`,
  ];
  for (const text of rows) assert.deepEqual(read(text), JSON.parse(text), text);
});

test('a key called __proto__ is a key like any other', () => {
  const value = parseJsonStrict(bytes('{"__proto__":{"a":1}}'), 'it');
  assert.ok(Object.hasOwn(value, '__proto__'));
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test('refuses what is not one JSON object', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['', /not JSON/],
    [' ', /not JSON/],
    ['null', /null, not an object/],
    ['[]', /an array, not an object/],
    ['[{}]', /an array/],
    ['"a"', /the string "a"/],
    ['1', /1, not an object/],
    ['true', /true/],
    ['{', /not JSON/],
    ['}', /not JSON/],
    ['{}}', /not JSON/],
    ['{}{}', /not JSON/],
    ['{} x', /not JSON/],
    ['{}\u0000', /not JSON/],
    ['\ufeff{}', /not JSON/],
    ['{a:1}', /not JSON/],
    ["{'a':1}", /not JSON/],
    ['{"a":1,}', /not JSON/],
    ['{"a":[1,]}', /not JSON/],
    ['{"a" 1}', /not JSON/],
    ['{"a":01}', /not JSON/],
    ['{"a":NaN}', /not JSON/],
    ['{"a":1}/* */', /not JSON/],
    ['{"a":"\n"}', /not JSON/],
    ['{"\\x":1}', /not JSON/],
    ['{"a', /not JSON/],
    ['{"a":"', /not JSON/],
    ['{"a":"\\', /not JSON/],
    ['<html></html>', /not JSON/],
    ['{"a":1]', /not JSON/],
  ];
  for (const [text, message] of rows) {
    assert.throws(() => read(text), { code: 'MANIFEST_INVALID', message }, text);
  }
});

test('refuses a key that stands twice, at any depth and however it is escaped', () => {
  const rows = [
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"layers":[],"\\u006cayers":[]}',
    '{"\\u006cayers":[],"layers":[]}',
    '{"a/b":1,"a\\/b":2}',
    '{"é":1,"\\u00e9":2}',
    '{"🐳":1,"\\ud83d\\udc33":2}',
    '{"x":{"a":1,"a":2}}',
    '{"x":[[{"a":1,"a":2}]]}',
    '{"a":{},"a":{}}',
    '{"a":[],"a":[]}',
    '{"a":{"b":1},"c":[{"b":1}],"a":1}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{ "a" : "," , "a" : "}" }',
  ];
  for (const text of rows) {
    assert.throws(() => read(text), { code: 'MANIFEST_INVALID', message: /stands twice/ }, text);
  }
});

test('refuses bytes that are not UTF-8', () => {
  for (const inner of ['ff', 'c0af', 'eda080', 'f4908080', 'c3', 'e282']) {
    const document = Buffer.concat([bytes('{"a":"'), Buffer.from(inner, 'hex'), bytes('"}')]);
    assert.throws(
      () => parseJsonStrict(document, 'it'),
      { code: 'MANIFEST_INVALID', message: /not valid UTF-8/ },
      inner,
    );
  }
  assert.throws(() => parseJsonStrict(Buffer.from('{}', 'utf16le'), 'it'), { code: 'MANIFEST_INVALID' });
  assert.throws(() => parseJsonStrict(Buffer.from('1f8b0800', 'hex'), 'it'), { code: 'MANIFEST_INVALID' });
});

test('refuses nesting deeper than 64, before it costs anything', () => {
  for (const text of [nested(65), nested(100_000), '['.repeat(1 << 20), `{"a":${'['.repeat(1 << 20)}`]) {
    assert.throws(() => read(text), { code: 'MANIFEST_INVALID', message: /deeper than 64/ });
  }
});

test('refuses more values than a document has', () => {
  const array = (count: number): string => `{"a":[${'{},'.repeat(count)}{}]}`;
  read(array(249_998));
  for (const text of [
    array(250_000),
    `{"a":[${'1,'.repeat(500_001)}1]}`,
    `{"a":"${'[,'.repeat(9)}","b":[${'[],'.repeat(1 << 20)}[]]}`,
  ]) {
    assert.throws(() => read(text), { code: 'MANIFEST_INVALID', message: /more than 500000 values/ });
  }
});

test('refuses more keys than an object has', () => {
  const keys = (count: number): string => Array.from({ length: count }, (_, index) => `"${index}":0`).join(',');
  read(`{"a":{${keys(20_000)}},"b":{${keys(20_000)}}}`);
  assert.throws(() => read(`{"a":{${keys(20_001)}}}`), { code: 'MANIFEST_INVALID', message: /more than 20000 keys/ });
});

test('large documents take linear time', () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `"k${index}":${index}`).join(',');
  const rows = [
    `{${keys}}`,
    `{"a":"${'x'.repeat(2 << 20)}"}`,
    `{"a":"${'\\\\'.repeat(1 << 20)}"}`,
    `{"a":[${'{},'.repeat(200_000)}{}]}`,
  ];
  for (const text of rows) {
    const start = process.cpuUsage();
    read(text);
    rawMembers(text);
    assert.ok(process.cpuUsage(start).user < 10_000_000);
  }
});

test('the error shows no escape sequence and little of the document', () => {
  assert.throws(
    () => read(`{"\\u001b[2J${'k'.repeat(100_000)}":1,"\\u001b[2J${'k'.repeat(100_000)}":1}`),
    (error) => hasCode(error, 'MANIFEST_INVALID') && error.message.length < 300 && !error.message.includes('\u001b'),
  );
});

test('any value survives, and any bytes are read or refused', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }));
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(read(text), JSON.parse(text));
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (value) => refusesOrReads(value)));
  const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '"a"', '"\\u0061"', '1', 'null', ' ', '{"a":');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => refusesOrReads(bytes(pieces.join('')))),
    { numRuns: 3000 },
  );
});

test('members keep the text of their values', () => {
  const text = '{ "b" : 1.0 , "a":\t{"2":"x, y","1":[1e5 , "\\u003c"]} ,"c":"a \\" b","":{},"d":[ ] , "\\u0065":null}';
  assert.deepEqual(Object.fromEntries(rawMembers(text)), {
    b: '1.0',
    a: '{"2":"x, y","1":[1e5,"\\u003c"]}',
    c: '"a \\" b"',
    '': '{}',
    d: '[]',
    e: 'null',
  });
  assert.equal(rawMembers(' {} ').size, 0);
});

test('the members of any object, put together again, are the object', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
      fc.constantFrom(undefined, 3),
      (value, indent) => {
        const members = [...rawMembers(JSON.stringify(value, null, indent))];
        const text = `{${members.map(([key, raw]) => `${JSON.stringify(key)}:${raw}`).join(',')}}`;
        assert.equal(text, JSON.stringify(JSON.parse(text)));
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      },
    ),
  );
});

function refusesOrReads(value: Uint8Array): void {
  try {
    const found = parseJsonStrict(value, 'it');
    assert.deepEqual(found, JSON.parse(Buffer.from(value).toString()));
  } catch (error) {
    assert.ok(hasCode(error, 'MANIFEST_INVALID'), String(error));
  }
}
