import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf } from '#bytes';
import { hasCode } from '#errors';
import { jsonObjects } from './json-objects.ts';

const OBJECTS = [{ status: 'größe 😀 "}{\\' }, { a: [{ b: '\\"' }, []], c: {} }, {}, { '{': '}' }];

async function all(chunks: readonly Uint8Array[], limit?: number): Promise<object[]> {
  const found: object[] = [];
  for await (const object of jsonObjects(reused(chunks), 'the answer', limit)) found.push(object);
  return found;
}

/** A producer that uses one buffer for all its chunks, as it may. */
async function* reused(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = Buffer.alloc(Math.max(1, ...chunks.map(({ length }) => length)));
  for (const chunk of chunks) {
    buffer.fill(0x7d).set(chunk);
    yield buffer.subarray(0, chunk.length);
  }
}

for (const [name, separator] of Object.entries({
  lines: '\n',
  'docker’s lines': '\r\n',
  nothing: '',
  records: '\n\u001e',
})) {
  const bytes = Buffer.from(OBJECTS.map((object) => JSON.stringify(object)).join(separator) + separator.trimEnd());

  test(`objects apart by ${name} are found wherever the stream is cut`, async () => {
    for (let at = 0; at <= bytes.length; at++) {
      assert.deepEqual(await all([bytes.subarray(0, at), bytes.subarray(at)]), OBJECTS);
    }
    assert.deepEqual(await all(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))), OBJECTS);
  });
}

test('an empty stream has none, and so has one of white space', async () => {
  assert.deepEqual(await all([]), []);
  assert.deepEqual(await all([Buffer.from(' \r\n\t')]), []);
});

test('an object is given before the next chunk is asked for', async () => {
  let asked = 0;
  async function* slow(): AsyncGenerator<Uint8Array, void, undefined> {
    asked++;
    yield Buffer.from('{"a":1}{"b"');
    asked++;
    yield Buffer.from(':2}');
  }
  const objects = jsonObjects(slow(), 'the answer');
  assert.deepEqual((await objects.next()).value, { a: 1 });
  assert.equal(asked, 1);
  assert.deepEqual((await objects.next()).value, { b: 2 });
});

const FAULTS: readonly (readonly [text: string, why: RegExp])[] = [
  ['{"a":1}{"b":', /ends in the middle/],
  ['{"a":1}"text"', /it has "\\"text/],
  ['{"a":1}<html>', /<html>/],
  ['{"a":1}[1]', /\[1\]/],
  ['{"a":1}}', /it has "}"/],
  ['{"a":1}{"a":]}', /no stream of JSON/],
  ['{"a":1}{\u001b[31m}', /no stream of JSON/],
];

for (const [text, why] of FAULTS) {
  test(`${JSON.stringify(text)} gives its first object and fails`, async () => {
    const objects = jsonObjects(bytesOf(Buffer.from(text)), 'the answer to GET /events');
    assert.deepEqual((await objects.next()).value, { a: 1 });
    await assert.rejects(objects.next(), (error: unknown) => {
      assert.ok(hasCode(error, 'BAD_RESPONSE'));
      assert.match(error.message, /^the answer to GET \/events/);
      assert.match(error.message, why);
      assert.ok(!error.message.includes('\u001b'));
      return true;
    });
  });
}

test('an object over the limit is refused before it has ended', async () => {
  const big = Buffer.from(`{"a":"${'x'.repeat(100)}`);
  await assert.rejects(all([big], 50), (error: unknown) => hasCode(error, 'BAD_RESPONSE'));
  await assert.rejects(all([big.subarray(0, 40), big.subarray(40), big], 150), /more than 150 bytes/);
  assert.deepEqual(await all([Buffer.from('{"a":1}')], 7), [{ a: 1 }]);
});
