import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ContentRange, parseContentRange } from './content-range.ts';

const cases: readonly (readonly [text: string | undefined, expected: ContentRange | undefined])[] = [
  ['bytes 0-0/1', { first: 0, last: 0, total: 1 }],
  ['bytes 5-9/10', { first: 5, last: 9, total: 10 }],
  [' Bytes 5-9/* ', { first: 5, last: 9, total: undefined }],
  [undefined, undefined],
  ['', undefined],
  ['bytes */10', undefined],
  ['bytes 9-5/10', undefined],
  ['bytes 0-10/10', undefined],
  ['bytes 0-9', undefined],
  ['bytes=0-9/10', undefined],
  ['bytes -1-9/10', undefined],
  ['bytes 0x1-9/10', undefined],
  ['bytes 1-2,3-4/10', undefined],
  ['bytes 0-9/10, bytes 0-9/10', undefined],
  ['items 0-9/10', undefined],
  ['bytes 0-9007199254740993/*', undefined],
  ['bytes 00000000000000000000000000-9/10', undefined],
];

describe('parseContentRange', () => {
  for (const [text, expected] of cases) {
    it(JSON.stringify(text) ?? 'nothing', () => assert.deepEqual(parseContentRange(text), expected));
  }
});
