import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import type { ProgressEvent } from '#progress';
import { contentOf } from './content.ts';
import { holds, lacks, rejects } from './expect.ts';
import type { StoreTest } from './store.ts';
import { begin, writePart } from './store-ingest.ts';

const CONTENT = contentOf(1_300_000, 31);
const { descriptor: TARGET, bytes: BYTES } = CONTENT;

/** How an ingest ends, and what the next one finds. */
export function ingestEndCases(test: StoreTest): void {
  refusals(test);
  ends(test);
  owners(test);
}

function refusals(test: StoreTest): void {
  test('refuses bytes outside of the content, and goes on', async ({ store }) => {
    const ingest = await begin(store);
    const outside = [
      [TARGET.size, 1],
      [TARGET.size - 10, 11],
      [-1, 2],
    ] as const;
    for (const [position, length] of outside) {
      assert.throws(() => ingest.write(position, new Uint8Array(length)), { code: 'SIZE_MISMATCH' });
    }
    assert.deepEqual(ingest.have(), []);
    writePart(ingest, 0, TARGET.size);
    await ingest.commit();
    await holds(store, CONTENT);
  });
  test('does not commit what is not complete, and keeps it', async ({ store }) => {
    const ingest = await begin(store);
    writePart(ingest, 0, 600_000);
    writePart(ingest, 600_001, TARGET.size);
    await rejects(ingest.commit(), 'SIZE_MISMATCH');
    await lacks(store, CONTENT);
    ingest.write(600_000, BYTES.subarray(600_000, 600_001));
    await ingest.commit();
    await holds(store, CONTENT);
  });
  test('forgets content whose digest is wrong, and takes the right one', async ({ store }) => {
    const ingest = await begin(store);
    writePart(ingest, 0, 1_000_000);
    ingest.write(1_000_000, new Uint8Array(300_000));
    await rejects(ingest.commit(), 'DIGEST_MISMATCH');
    assert.deepEqual(ingest.have(), []);
    await lacks(store, CONTENT);
    writePart(ingest, 500_000, TARGET.size);
    writePart(ingest, 0, 500_000);
    await ingest.commit();
    await holds(store, CONTENT);
  });
  test('refuses wrong content twice, and leaves nothing of it', async ({ store }) => {
    const ingest = await begin(store);
    for (let round = 0; round < 2; round += 1) {
      ingest.write(0, new Uint8Array(TARGET.size));
      await rejects(ingest.commit(), 'DIGEST_MISMATCH');
    }
    await ingest.release();
    const next = await begin(store);
    assert.deepEqual(next.have(), []);
    await next.release();
    await lacks(store, CONTENT);
  });
}

function ends(test: StoreTest): void {
  test('does nothing when released after a commit, or twice', async ({ store }) => {
    const ingest = await begin(store);
    writePart(ingest, 0, TARGET.size);
    await ingest.commit();
    await ingest.release();
    await ingest.release();
    await holds(store, CONTENT);
    const other = await begin(store, contentOf(10, 40).descriptor);
    await other.release();
    await other.release();
  });
  test('takes nothing after it was released', async ({ store }) => {
    const ingest = await begin(store);
    await ingest.release();
    assert.throws(() => ingest.write(0, BYTES.subarray(0, 10)));
    await assert.rejects(ingest.commit());
  });
  test('does not commit when cancelled, and keeps what came', async ({ store }) => {
    const ingest = await begin(store);
    writePart(ingest, 0, TARGET.size);
    await rejects(ingest.commit({ signal: AbortSignal.abort() }), 'CANCELLED');
    await lacks(store, CONTENT);
    await ingest.commit();
    await holds(store, CONTENT);
  });
  test('keeps what came when cancelled while it verifies', async (place) => {
    const controller = new AbortController();
    const ingest = await begin(place.store);
    writePart(ingest, 600_000, TARGET.size);
    writePart(ingest, 0, 600_000);
    const commit = ingest.commit({ signal: controller.signal });
    controller.abort();
    await rejects(commit, 'CANCELLED');
    await ingest.release();
    const next = await begin(place.store);
    assert.deepEqual(next.have(), [{ start: 0, end: TARGET.size }]);
    await next.commit();
    await holds(place.store, CONTENT);
  });
  test('has nothing to take in when the content is there', async ({ store }) => {
    await store.put(TARGET, bytesOf(BYTES));
    assert.equal(await store.ingest?.(TARGET), undefined);
  });
  test('commits content that was put in the meantime', async ({ store }) => {
    const ingest = await begin(store);
    writePart(ingest, 0, 700_000);
    await store.put(TARGET, bytesOf(BYTES));
    await holds(store, CONTENT);
    writePart(ingest, 700_000, TARGET.size);
    await ingest.commit();
    await holds(store, CONTENT);
  });
}

function owners(test: StoreTest): void {
  test('has one owner at a time: the second finds the content there', async ({ store }) => {
    const first = await begin(store);
    const events: ProgressEvent[] = [];
    const second = store.ingest?.(TARGET, { onEvent: (event) => events.push(event) });
    const third = store.ingest?.(TARGET);
    writePart(first, 0, TARGET.size);
    await first.commit();
    assert.equal(await second, undefined);
    assert.equal(await third, undefined);
    await holds(store, CONTENT);
    assert.deepEqual(
      events.map((event) => (event.kind === 'blob' ? event.state : event.kind)),
      ['waiting'],
    );
  });
  test('has one owner at a time: the second goes on where the first let go', async (place) => {
    const first = await begin(place.store);
    const store = (await place.reopen?.()) ?? place.store;
    const second = store.ingest?.(TARGET);
    writePart(first, 0, 700_000);
    await first.release();
    const ingest = await second;
    assert.deepEqual(ingest?.have(), [{ start: 0, end: 700_000 }]);
    if (ingest !== undefined) writePart(ingest, 700_000, TARGET.size);
    await ingest?.commit();
    await holds(place.store, CONTENT);
  });
  test('can be given up while it waits for the owner', async ({ store }) => {
    const first = await begin(store);
    const controller = new AbortController();
    const second = store.ingest?.(TARGET, { signal: controller.signal });
    if (second === undefined) assert.fail();
    setImmediate(() => controller.abort());
    await rejects(second, 'CANCELLED');
    writePart(first, 0, TARGET.size);
    await first.commit();
    await holds(store, CONTENT);
  });
  test('takes different contents at the same time', async ({ store }) => {
    const contents = [0, 1, 2, 3].map((n) => contentOf(300_000, 50 + n));
    const ingests = await Promise.all(contents.map(({ descriptor }) => begin(store, descriptor)));
    for (let at = 0; at < 300_000; at += 50_000) {
      ingests.forEach((ingest, n) => ingest.write(at, contents[n]?.bytes.subarray(at, at + 50_000) ?? BYTES));
    }
    await Promise.all(ingests.map((ingest) => ingest.commit()));
    for (const content of contents) await holds(store, content);
  });
}
