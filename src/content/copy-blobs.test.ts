import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ByteRange, bytesOf, pour } from '#bytes';
import { DrayError, hasCode } from '#errors';
import { type Descriptor, digestOf } from '#oci';
import type { BlobState, ProgressEvent } from '#progress';
import type { Carrier } from './carrier.ts';
import { type CopyBlobsOptions, copyBlobs } from './copy-blobs.ts';
import { createMemoryStore } from './memory.ts';
import type { Ingest, Source, Store } from './ports.ts';
import type { BlobWork } from './transfer.ts';

const contents = ['one', 'the second', 'and a third'].map((text) => new Uint8Array(Buffer.from(text)));
const blobs = contents.map((bytes): BlobWork => {
  return { target: { mediaType: 'text/plain', digest: digestOf(bytes), size: bytes.length }, role: 'layer' };
});
const [first] = blobs;
assert.ok(first !== undefined);
const quick = { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() };

/** Serves the contents, and fails for one of them. */
function source(failing?: Descriptor): Source & { requests: number } {
  const served = {
    requests: 0,
    has: () => Promise.resolve(true),
    fetch: async (target: Descriptor) => {
      served.requests += 1;
      if (target.digest === failing?.digest) throw new DrayError('BLOB_UNKNOWN', 'not here');
      const at = blobs.findIndex((blob) => blob.target.digest === target.digest);
      const bytes = bytesOf(contents[at] ?? new Uint8Array());
      return {
        offset: 0,
        [Symbol.asyncIterator]: () => bytes,
        pour: (sink: (chunk: Uint8Array) => void) => pour(bytes, sink),
      };
    },
  };
  return served;
}

/** A store whose ingests can be told to be lent; counts those that are open. */
function ingesting(ingest: Partial<Ingest> = {}): Store & { open: number } {
  const store = Object.assign(createMemoryStore(), {
    open: 0,
    async ingest(target: Descriptor): Promise<Ingest> {
      const bytes = new Uint8Array(Math.min(target.size, 100));
      let ranges: ByteRange[] = [];
      let released = false;
      store.open += 1;
      return {
        target,
        have: () => ranges,
        write(position, chunk) {
          bytes.set(chunk, position);
          ranges = [{ start: 0, end: position + chunk.length }];
        },
        reset: () => undefined,
        commit: () => store.put(target, bytesOf(bytes)),
        async release() {
          if (!released) store.open -= 1;
          released = true;
        },
        ...ingest,
      };
    },
  });
  return store;
}

async function outcome(from: Source, to: Store, options: CopyBlobsOptions = {}, work = blobs) {
  const events: ProgressEvent[] = [];
  const error: unknown = await copyBlobs(from, to, work, {
    clock: quick,
    onEvent: (event) => events.push(event),
    ...options,
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const statesOf = ({ target }: BlobWork): BlobState['state'][] =>
    events.flatMap((event) => (event.kind === 'blob' && event.digest === target.digest ? [event.state] : []));
  return { error, states: work.map(statesOf) };
}

/** Every blob, large enough for that, goes to another thread. */
async function carried(from: Source, to: Store, carry: () => Promise<unknown>) {
  const large = blobs.map((blob) => ({ ...blob, target: { ...blob.target, size: 2 ** 25 } }));
  const carrier: Carrier = { assign: () => ({ carry, done: () => undefined }) };
  return outcome(from, to, { carrier: () => Promise.resolve(carrier) }, large);
}

describe('copying blobs', () => {
  for (const [kind, store] of [
    ['as a whole', () => createMemoryStore()],
    ['in pieces', () => ingesting()],
  ] as const) {
    test(`${kind}: what is said of each begins with queued and ends with done`, async () => {
      const { error, states } = await outcome(source(), store());
      assert.equal(error, undefined);
      for (const all of states) {
        assert.equal(all[0], 'queued');
        assert.equal(all.at(-1), 'done');
        assert.equal(all.filter((state) => state === 'done').length, 1);
      }
      assert.deepEqual((await outcome(source(), await filled(store()))).states, [['exists'], ['exists'], ['exists']]);
    });

    test(`${kind}: one that fails stops those that wait, and each is said to have failed, once`, async () => {
      const from = source(blobs[2]?.target);
      const { error, states } = await outcome(from, store(), { concurrency: 1 });
      assert.ok(hasCode(error, 'BLOB_UNKNOWN'));
      assert.equal(from.requests, 1);
      for (const all of states) {
        assert.deepEqual([all[0], all.at(-1)], ['queued', 'failed']);
        assert.equal(all.filter((state) => state === 'failed').length, 1);
      }
    });
  }

  test('an ingest is let go when what would lend it fails', async () => {
    const failure = new DrayError('CONNECTION_LOST', 'no token');
    const from = { ...source(), recipe: () => Promise.reject(failure) };
    const store = ingesting();
    const { error } = await carried(from, store, () => Promise.resolve());
    assert.equal(error, failure);
    assert.equal(store.open, 0);
  });

  test('an ingest is let go when the thread that had it fails, or its content cannot be kept', async () => {
    const from = { ...source(), recipe: () => Promise.resolve({}) };
    const failure = new DrayError('DISK_FULL', 'full');
    for (const fails of ['carry', 'settle'] as const) {
      const settle = (): Promise<void> => (fails === 'settle' ? Promise.reject(failure) : Promise.resolve());
      const store = ingesting({ lend: () => ({ terms: {}, settle, reclaim: () => undefined }) });
      const { error, states } = await carried(from, store, () =>
        fails === 'carry' ? Promise.reject(failure) : Promise.resolve(),
      );
      assert.equal(error, failure);
      assert.equal(store.open, 0);
      assert.deepEqual(
        states.map((all) => all.at(-1)),
        ['failed', 'failed', 'failed'],
      );
    }
  });

  test('one blob cannot be two things when uncompressed; where one says nothing the other counts', async () => {
    const diffIds = contents.map((bytes) => digestOf(bytes));
    const twice = [
      { ...first, diffId: diffIds[0] },
      { ...first, diffId: diffIds[1] },
    ];
    await assert.rejects(copyBlobs(source(), createMemoryStore(), twice), (e) => hasCode(e, 'DIFF_ID_MISMATCH'));
    const asked: unknown[] = [];
    const store: Store = Object.assign(createMemoryStore(), {
      put: async (_: Descriptor, __: unknown, options: { diffId?: unknown } = {}) => void asked.push(options.diffId),
    });
    await copyBlobs(source(), store, [first, { ...first, diffId: diffIds[0] }, first]);
    assert.deepEqual(asked, [diffIds[0]]);
  });
});

async function filled(store: Store): Promise<Store> {
  for (const [at, { target }] of blobs.entries()) await store.put(target, bytesOf(contents[at] ?? new Uint8Array()));
  return store;
}
