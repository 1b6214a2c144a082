import assert from 'node:assert/strict';
import type { Ingest, PutOptions, Store } from '#content';
import type { Descriptor } from '#oci';
import { contentOf } from './content.ts';
import { holds, lacks, rejects } from './expect.ts';
import type { StoreTest } from './store.ts';

const CONTENT = contentOf(1_300_000, 31);
const { descriptor: TARGET, bytes: BYTES } = CONTENT;

/** An ingest of content that is not there. */
export async function begin(store: Store, target: Descriptor = TARGET, options?: PutOptions): Promise<Ingest> {
  const ingest = await store.ingest?.(target, options);
  if (ingest === undefined) assert.fail('nothing to take in: the place has it, or takes no pieces');
  return ingest;
}

/** Writes the bytes from `start` to `end` in chunks of a buffer that is used again. */
export function writePart(ingest: Ingest, start: number, end: number, bytes: Uint8Array = BYTES): void {
  const buffer = new Uint8Array(65_536);
  for (let at = start; at < end; at += buffer.length) {
    const chunk = bytes.subarray(at, Math.min(end, at + buffer.length));
    buffer.set(chunk);
    ingest.write(at, buffer.subarray(0, chunk.length));
  }
  buffer.fill(0);
}

/** Pieces in any order become the content. */
export function ingestCases(test: StoreTest): void {
  orders(test);
  resumed(test);
}

function orders(test: StoreTest): void {
  const cases: readonly (readonly [title: string, pieces: readonly (readonly [number, number])[]])[] = [
    ['in order', [[0, 1_300_000]]],
    [
      'in two pieces, the second first',
      [
        [600_000, 1_300_000],
        [0, 600_000],
      ],
    ],
    [
      'from the end to the beginning',
      range(13).map((n) => [1_200_000 - n * 100_000, 1_300_000 - n * 100_000] as const),
    ],
    [
      'even pieces, then odd ones',
      [...range(7), ...range(6).map((n) => n + 0.5)].map((n) => [n * 200_000, n * 200_000 + 100_000] as const),
    ],
    [
      'in pieces that overlap',
      [
        [0, 700_000],
        [300_000, 900_000],
        [1_000_000, 1_300_000],
        [800_000, 1_200_000],
      ],
    ],
    [
      'each piece twice',
      [
        [500_000, 1_300_000],
        [500_000, 1_300_000],
        [0, 500_000],
        [0, 500_000],
      ],
    ],
    [
      'a piece within another',
      [
        [0, 1_000_000],
        [200_000, 300_000],
        [1_100_000, 1_300_000],
        [900_000, 1_300_000],
      ],
    ],
  ];
  for (const [title, pieces] of cases) {
    test(`takes pieces: ${title}`, async ({ store }) => {
      const ingest = await begin(store);
      for (const [start, end] of pieces) writePart(ingest, start, end);
      assert.deepEqual(ingest.have(), [{ start: 0, end: TARGET.size }]);
      await lacks(store, CONTENT);
      await ingest.commit();
      await holds(store, CONTENT);
    });
  }
  test('takes pieces from several lanes by turns, with other work between', async ({ store }) => {
    const ingest = await begin(store);
    const lanes = [0, 400_000, 800_000, 1_200_000];
    for (let at = 0; at < 400_000; at += 50_000) {
      for (const lane of lanes) {
        const start = lane + at;
        if (start < TARGET.size) ingest.write(start, BYTES.subarray(start, start + 50_000));
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await ingest.commit();
    await holds(store, CONTENT);
  });
  test('shows what it has, as it comes', async ({ store }) => {
    const ingest = await begin(store);
    const have = ingest.have();
    assert.deepEqual(have, []);
    ingest.write(100, BYTES.subarray(100, 200));
    ingest.write(300, BYTES.subarray(300, 400));
    assert.deepEqual(ingest.have(), [
      { start: 100, end: 200 },
      { start: 300, end: 400 },
    ]);
    ingest.write(200, BYTES.subarray(200, 300));
    assert.deepEqual(have, [{ start: 100, end: 400 }]);
    await ingest.release();
  });
  test('takes a blob of no bytes, and one named by sha512', async ({ store }) => {
    for (const content of [contentOf(0), contentOf(5000, 32, 'sha512')]) {
      const ingest = await begin(store, content.descriptor);
      ingest.write(0, content.bytes);
      await ingest.commit();
      await holds(store, content);
    }
  });
  test('keeps the first of two different bytes for one place', async ({ store }) => {
    const ingest = await begin(store);
    writePart(ingest, 0, 900_000);
    ingest.write(500_000, new Uint8Array(100_000));
    writePart(ingest, 800_000, TARGET.size);
    await ingest.commit();
    await holds(store, CONTENT);
  });
}

function resumed(test: StoreTest): void {
  test('goes on where an earlier one let go, with holes', async (place) => {
    const first = await begin(place.store);
    writePart(first, 0, 250_000);
    writePart(first, 500_000, 600_000);
    writePart(first, 1_290_000, 1_300_000);
    await first.release();
    await lacks(place.store, CONTENT);
    const store = (await place.reopen?.()) ?? place.store;
    const second = await begin(store);
    assert.deepEqual(second.have(), [
      { start: 0, end: 250_000 },
      { start: 500_000, end: 600_000 },
      { start: 1_290_000, end: 1_300_000 },
    ]);
    writePart(second, 250_000, 500_000);
    writePart(second, 600_000, 1_290_000);
    await second.commit();
    await holds(store, CONTENT);
  });
  test('goes on many times', async (place) => {
    for (let at = 0; at < TARGET.size; at += 100_000) {
      const store = (await place.reopen?.()) ?? place.store;
      const ingest = await begin(store);
      assert.deepEqual(ingest.have(), at === 0 ? [] : [{ start: 0, end: at }]);
      writePart(ingest, at, at + 100_000);
      if (at + 100_000 < TARGET.size) await ingest.release();
      else await ingest.commit();
    }
    await holds(place.store, CONTENT);
  });
  test('finds wrong bytes of an earlier run, and takes the right ones', async ({ store }) => {
    const first = await begin(store);
    first.write(0, new Uint8Array(400_000));
    await first.release();
    const second = await begin(store);
    writePart(second, 400_000, TARGET.size);
    await rejects(second.commit(), 'DIGEST_MISMATCH');
    assert.deepEqual(second.have(), []);
    writePart(second, 0, TARGET.size);
    await second.commit();
    await holds(store, CONTENT);
  });
  test('forgets all when reset, also for the next run', async ({ store }) => {
    const first = await begin(store);
    first.write(0, new Uint8Array(100_000));
    first.write(700_000, new Uint8Array(100_000));
    first.reset();
    assert.deepEqual(first.have(), []);
    writePart(first, 0, 1000);
    await first.release();
    const second = await begin(store);
    assert.deepEqual(second.have(), [{ start: 0, end: 1000 }]);
    writePart(second, 1000, TARGET.size);
    await second.commit();
    await holds(store, CONTENT);
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
