import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '#oci';
import type { BlobState, ProgressEvent } from '#progress';
import { createPlain } from './plain.ts';

const digestOf = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const layer = (letter: string, size: number, state: BlobState['state'], received = 0): ProgressEvent => ({
  kind: 'blob',
  digest: digestOf(letter),
  size,
  role: 'layer',
  state,
  received,
});
const bytes = (letter: string, size: number, received: number): ProgressEvent => ({
  kind: 'blob-progress',
  digest: digestOf(letter),
  role: 'layer',
  received,
  size,
});

test('a line after two seconds, and every five from then on, until all is here', () => {
  const printed: [number, string][] = [];
  let now = 0;
  const plain = createPlain((line) => printed.push([now, line]));
  plain.event(layer('a', 50_000_000, 'exists'), 0);
  plain.event(layer('b', 200_000_000, 'queued'), 0);
  plain.event(layer('c', 71_600_000, 'queued'), 0);
  plain.event(layer('b', 200_000_000, 'started', 20_000_000), 0);
  for (now = 100; now <= 18_000; now += 100) {
    if (now <= 15_000) plain.event(bytes('b', 200_000_000, 20_000_000 + now * 12_000), now);
    if (now === 15_000) {
      plain.event(layer('b', 200_000_000, 'done', 200_000_000), now);
      plain.event(layer('c', 71_600_000, 'done', 71_600_000), now);
    }
    plain.tick(now);
  }
  assert.deepEqual(printed, [
    [2000, 'pulled 94MB of 321.6MB (29%), 12MB/s, 19s left, 1 of 3 layers'],
    [7000, 'pulled 154MB of 321.6MB (47%), 12MB/s, 14s left, 1 of 3 layers'],
    [12_000, 'pulled 214MB of 321.6MB (66%), 12MB/s, 9s left, 1 of 3 layers'],
  ]);
});

test('a quick pull prints nothing, nor does one of which all is here', () => {
  const printed: string[] = [];
  const plain = createPlain((line) => printed.push(line));
  plain.event(layer('a', 10, 'exists'), 0);
  plain.tick(10_000);
  plain.event(layer('b', 10, 'started'), 10_000);
  plain.event(layer('b', 10, 'done', 10), 11_000);
  plain.tick(20_000);
  assert.deepEqual(printed, []);
});
