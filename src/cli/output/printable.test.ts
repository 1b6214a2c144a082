import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goJson, jsonLine, manyLines, oneLine, printableJson } from './printable.ts';

const HOSTILE = [
  '\u001b[2J\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007text',
  '\u001b]8;;http://evil\u001b\\link',
  'a\rb\nc\td\u0000e\u007ff\u0085g\u009b1mh',
  'abc\u202etxt.exe',
  'abc\u061cd\u2066e\u200f',
];

test('nothing that a terminal would obey comes through', () => {
  // oxlint-disable-next-line no-control-regex
  const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
  for (const text of HOSTILE) {
    assert.doesNotMatch(oneLine(text), unsafe);
    assert.doesNotMatch(jsonLine({ [text]: text }), unsafe);
    assert.doesNotMatch(goJson(text), unsafe);
    assert.doesNotMatch(printableJson([text]).replaceAll('\n', ''), unsafe);
  }
});

test('long text stays whole, and later lines are set in', () => {
  assert.equal(oneLine('x'.repeat(5000)).length, 5000);
  assert.equal(manyLines('one\ndray: two\u001b[1A\r\nthree'), 'one\n  dray: two [1A\n  three');
});

test('escaped JSON is the same JSON', () => {
  for (const text of HOSTILE) {
    assert.deepEqual(JSON.parse(jsonLine({ text })), { text });
    assert.deepEqual(JSON.parse(printableJson({ text })), { text });
    assert.deepEqual(JSON.parse(goJson({ text })), { text });
  }
});

test("Go's encoder escapes what HTML would take", () => {
  assert.equal(goJson({ Digest: '<none>', a: '&' }), '{"Digest":"\\u003cnone\\u003e","a":"\\u0026"}');
});
