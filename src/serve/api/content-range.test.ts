import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContentRange } from './content-range.ts';

const HEADERS: readonly (readonly [header: string, expected: readonly [number, number] | undefined])[] = [
  ['0-0', [0, 0]],
  ['0-1023', [0, 1023]],
  [' 5-9 ', [5, 9]],
  ['bytes 5-9/10', [5, 9]],
  ['bytes 5-9/*', [5, 9]],
  ['bytes=5-9', [5, 9]],
  ['9-5', undefined],
  ['-5', undefined],
  ['5-', undefined],
  ['', undefined],
  ['0-9007199254740993', undefined],
  ['a-b', undefined],
  ['0-1-2', undefined],
  ['0x0-0x1', undefined],
  ['0-1, 2-3', undefined],
];

test('a Content-Range says where a chunk begins and ends', () => {
  for (const [header, expected] of HEADERS) {
    const range = readContentRange(header);
    assert.deepEqual(range === undefined ? undefined : [range.first, range.last], expected, header);
  }
});
