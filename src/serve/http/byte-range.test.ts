import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRange } from './byte-range.ts';

const SIZE = 100;

const HEADERS: readonly (readonly [
  header: string,
  expected: readonly [number, number] | 'unsatisfiable' | undefined,
])[] = [
  ['bytes=0-', [0, 100]],
  ['bytes=0-0', [0, 1]],
  ['bytes=10-19', [10, 20]],
  ['bytes=10-1000', [10, 100]],
  ['bytes=99-', [99, 100]],
  ['bytes=-1', [99, 100]],
  ['bytes=-1000', [0, 100]],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=99999999999999999999-', 'unsatisfiable'],
  ['bytes=5-4', 'unsatisfiable'],
  ['bytes=-', undefined],
  ['bytes=0-1,3-4', undefined],
  ['bytes=a-b', undefined],
  ['items=0-1', undefined],
  ['bytes=0-1 extra', undefined],
  ['', undefined],
];

test('a Range is what HTTP says that it is', () => {
  for (const [header, expected] of HEADERS) {
    const found = readRange(header, SIZE);
    const shown = typeof found === 'object' ? [found.start, found.end] : found;
    assert.deepEqual(shown, expected, header);
  }
});

test('nothing has no ranges', () => {
  assert.equal(readRange('bytes=0-', 0), 'unsatisfiable');
  assert.equal(readRange('bytes=-5', 0), 'unsatisfiable');
});
