import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Descriptor, Digest } from '#oci';
import type { ProgressEvent } from './events.ts';
import { fold, isSettled, type ProgressState, secondsLeft, speedOf, startProgress } from './fold.ts';

const digestOf = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const A = digestOf('a');
const B = digestOf('b');
const C = digestOf('c');

const layer = (digest: Digest, size: number): Descriptor => ({ mediaType: 'application/x-tar', digest, size });

const planned = (...layers: readonly Descriptor[]): ProgressEvent => ({
  kind: 'image-planned',
  reference: 'app:1',
  manifest: layer(digestOf('0'), 1),
  layers,
  total: layers.reduce((sum, { size }) => sum + size, 0),
  present: 0,
});

type State = Extract<ProgressEvent, { kind: 'blob' }>['state'];
const blob = (digest: Digest, size: number, state: State, received = 0, role: 'layer' | 'config' = 'layer') =>
  ({ kind: 'blob', digest, size, role, state, received }) as const;
const bytes = (digest: Digest, size: number, received: number) =>
  ({ kind: 'blob-progress', digest, size, received, role: 'layer' }) as const;

function run(events: readonly (readonly [number, ProgressEvent])[]): ProgressState {
  return events.reduce((state, [now, event]) => fold(state, event, now), startProgress());
}

test('sums of what a pull goes through', () => {
  const cases: readonly [string, readonly (readonly [number, ProgressEvent])[], object][] = [
    ['nothing', [], { total: 0, received: 0, fetched: 0, layers: { total: 0, done: 0 } }],
    [
      'planned layers count before they are begun',
      [[0, planned(layer(A, 100), layer(B, 50))]],
      { total: 150, received: 0, fetched: 0, layers: { total: 2, done: 0 } },
    ],
    [
      'a layer named twice counts once',
      [
        [0, planned(layer(A, 100), layer(A, 100))],
        [1, planned(layer(A, 100), layer(B, 1))],
      ],
      { total: 101, received: 0, fetched: 0, layers: { total: 2, done: 0 } },
    ],
    [
      'what is here was not fetched',
      [
        [0, planned(layer(A, 100))],
        [1, blob(A, 100, 'exists')],
      ],
      { total: 100, received: 100, fetched: 0, layers: { total: 1, done: 1 } },
    ],
    [
      'what an earlier run brought was not fetched either',
      [
        [0, blob(A, 100, 'queued')],
        [1, blob(A, 100, 'started', 40)],
        [2, bytes(A, 100, 70)],
      ],
      { total: 100, received: 70, fetched: 30, layers: { total: 1, done: 0 } },
    ],
    [
      'the last bytes may come with the end alone',
      [
        [0, blob(A, 100, 'started')],
        [1, bytes(A, 100, 70)],
        [2, blob(A, 100, 'verifying', 100)],
        [3, blob(A, 100, 'done', 100)],
      ],
      { total: 100, received: 100, fetched: 100, layers: { total: 1, done: 1 } },
    ],
    [
      'what another process fetched is here, not fetched',
      [
        [0, blob(A, 100, 'waiting')],
        [1, blob(A, 100, 'done', 100)],
      ],
      { total: 100, received: 100, fetched: 0, layers: { total: 1, done: 1 } },
    ],
    [
      'a start from zero takes back what was received, not what was fetched',
      [
        [0, blob(A, 100, 'started')],
        [1, bytes(A, 100, 60)],
        [2, { kind: 'blob-retry', digest: A, role: 'layer', attempt: 1, delay: 10, received: 0, reason: 'cut' }],
        [3, blob(A, 100, 'started')],
        [4, bytes(A, 100, 100)],
      ],
      { total: 100, received: 100, fetched: 160, layers: { total: 1, done: 0 } },
    ],
    [
      'what a layer was compressed to counts in its place',
      [
        [0, planned(layer(A, 100))],
        [1, blob(A, 100, 'compressing')],
        [2, blob(A, 100, 'replaced')],
        [3, planned(layer(B, 40))],
        [4, blob(B, 40, 'mounted', 40)],
      ],
      { total: 40, received: 40, fetched: 0, layers: { total: 1, done: 1 } },
    ],
    [
      'a config counts as bytes, not as a layer; a failed layer is not done',
      [
        [0, blob(C, 7, 'exists', 7, 'config')],
        [1, blob(A, 100, 'started')],
        [2, blob(A, 100, 'failed', 20)],
      ],
      { total: 107, received: 27, fetched: 20, layers: { total: 1, done: 0 } },
    ],
  ];
  for (const [name, events, expected] of cases) {
    const { total, received, fetched, layers } = run(events);
    assert.deepEqual({ total, received, fetched, layers }, expected, name);
  }
});

test('a view tells what was resumed, and when the next try is', () => {
  let state = run([[0, blob(A, 100, 'started', 40)]]);
  assert.equal(state.blobs.get(A)?.resumed, 40);
  const retry = { kind: 'blob-retry', digest: A, role: 'layer', attempt: 2, delay: 500, received: 60 } as const;
  state = fold(state, { ...retry, reason: 'cut' }, 1_000);
  assert.deepEqual(state.blobs.get(A), {
    digest: A,
    role: 'layer',
    size: 100,
    state: 'retrying',
    received: 60,
    resumed: 40,
    retry: { at: 1_500, attempt: 2, reason: 'cut' },
  });
  state = fold(state, blob(A, 100, 'started', 60), 1_600);
  assert.equal(state.blobs.get(A)?.retry, undefined);
  assert.equal(state.blobs.get(A)?.resumed, 60);
});

test('settled are done, exists and failed', () => {
  for (const state of ['queued', 'exists', 'waiting', 'started', 'verifying', 'done', 'failed'] as const) {
    const view = run([[0, blob(A, 1, state)]]).blobs.get(A);
    assert.ok(view);
    assert.equal(isSettled(view), ['exists', 'done', 'failed'].includes(state), state);
  }
});

test('speed is that of the last seconds and falls to zero in a stall', () => {
  let state = run([[0, blob(A, 1_000_000, 'started')]]);
  assert.equal(speedOf(state, 100), undefined, 'too early to tell');
  for (let now = 100; now <= 20_000; now += 100) state = fold(state, bytes(A, 1_000_000, now * 10), now);
  assert.equal(Math.round(speedOf(state, 20_000) ?? 0), 10_000);
  assert.equal(Math.round(secondsLeft(state, 20_000) ?? 0), 80);
  const half = speedOf(state, 24_000) ?? 0;
  assert.ok(half > 4_000 && half < 6_000, `half of the window is silent: ${half}`);
  assert.equal(speedOf(state, 29_000), 0);
  assert.equal(secondsLeft(state, 29_000), undefined);
  assert.ok(state.samples.length < 60, 'samples stay few');
});

test('events that are no bytes change nothing', () => {
  const before = run([[0, blob(A, 100, 'started', 40)]]);
  const snapshot = structuredClone(before);
  const after = fold(before, { kind: 'warning', text: 'x' }, 5);
  assert.deepEqual(after, snapshot);
});
