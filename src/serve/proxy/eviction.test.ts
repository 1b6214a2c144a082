import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { digestOf } from '#oci';
import { reclaimBlobs } from '../operate/reclaim-blobs.ts';
import { openFolderStorage } from '../storage/folder/folder-storage.ts';
import { createMemoryStorage } from '../storage/memory/memory-storage.ts';
import type { RegistryStorage } from '../storage/port.ts';
import { blobsOnly, type Cache, receive, startCache, temporaryFolder, until } from './cache.test.fixture.ts';

const SIZE = 10_000;
const { graph, blobs } = blobsOnly(...Array.from({ length: 6 }, () => SIZE));
const digests = blobs.map((blob) => digestOf(blob));
const images = { app: graph };

/** Asks for blob number `index` and waits until it is kept, where it is to be. */
async function fetch(cache: Cache, index: number): Promise<void> {
  const answer = await receive(cache.port, `/v2/app/blobs/${digests[index]}`);
  assert.ok(answer.body.equals(blobs[index] ?? Buffer.of()));
  await until(async () => (await held(cache.storage)).includes(index));
}

async function held(storage: RegistryStorage): Promise<number[]> {
  const all = await Promise.all(digests.map((digest) => storage.blob('app', digest)));
  return all.flatMap((blob, index) => (blob === undefined ? [] : [index]));
}

const evicted = ({ events }: Cache): number => events.filter(({ kind }) => kind === 'evicted').length;

describe('a bounded cache', () => {
  it('lets go what was used least lately, and nothing that was read in the last minute', async (t) => {
    const cache = await startCache(t, { registry: { images }, maxSize: 3.5 * SIZE });
    for (const index of [0, 1, 2]) {
      await fetch(cache, index);
      cache.clock.advance(70_000);
    }
    await fetch(cache, 0);
    await fetch(cache, 3);
    await until(() => evicted(cache) === 1);
    assert.deepEqual(await held(cache.storage), [0, 2, 3]);
    cache.clock.advance(30_000);
    await fetch(cache, 4);
    await until(() => evicted(cache) === 2);
    assert.deepEqual(await held(cache.storage), [0, 3, 4], '0 and 3 were read half a minute ago');
    await fetch(cache, 5);
    assert.deepEqual(await held(cache.storage), [0, 3, 4, 5], 'rather too much than what is in use');
  });

  it('knows after a restart what was used last', async (t) => {
    const storage = createMemoryStorage();
    const first = await startCache(t, { registry: { images }, maxSize: 3.5 * SIZE, storage });
    for (const index of [0, 1, 2]) {
      await fetch(first, index);
      first.clock.advance(70_000);
    }
    await fetch(first, 0);
    await first.cache.close();
    const second = await startCache(t, { registry: { images }, maxSize: 3.5 * SIZE, storage, folder: first.folder });
    second.clock.advance(10 * 60_000);
    await fetch(second, 3);
    await until(() => evicted(second) === 1);
    assert.equal((await held(storage)).length, 3);
  });

  it('never lets go what is being read, or what is kept here', async (t) => {
    const storage = withoutBytes(createMemoryStorage());
    await storage.uploads.put('mine', digests[1] ?? digestOf(Buffer.of()), bytesOf(blobs[1] ?? Buffer.of()));
    const cache = await startCache(t, { registry: { images }, maxSize: 1.5 * SIZE, storage });
    await fetch(cache, 0);
    const blob = await cache.cache.blob('app', digests[0] ?? digestOf(Buffer.of()));
    const reading = blob?.read({ start: 0, end: SIZE })[Symbol.asyncIterator]();
    await reading?.next();
    cache.clock.advance(70_000);
    await fetch(cache, 1);
    cache.clock.advance(70_000);
    await fetch(cache, 2);
    await until(() => evicted(cache) === 1);
    assert.deepEqual(await held(storage), [0, 2]);
    assert.ok(await storage.blob('mine', digests[1] ?? digestOf(Buffer.of())));
    await reading?.return?.();
  });

  it('gives back the space, unless a local repository has the same', async (t) => {
    const root = temporaryFolder();
    const storage = openFolderStorage({ root });
    await storage.uploads.put('mine', digests[1] ?? digestOf(Buffer.of()), bytesOf(blobs[1] ?? Buffer.of()));
    const cache = await startCache(t, {
      registry: { images },
      maxSize: 1.5 * SIZE,
      storage,
      folder: join(root, 'dray/proxy'),
      reclaim: (gone, { signal }) => reclaimBlobs(gone, { root, signal }),
    });
    for (const index of [0, 1, 2]) {
      await fetch(cache, index);
      cache.clock.advance(70_000);
    }
    await until(() => evicted(cache) === 2);
    assert.deepEqual(await held(storage), [2]);
    const isHere = (index: number): boolean => {
      const hex = digests[index]?.slice(7) ?? '';
      return existsSync(join(root, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'));
    };
    await until(() => !isHere(0) && isHere(1) && isHere(2));
    assert.ok(await storage.blob('mine', digests[1] ?? digestOf(Buffer.of())));
  });

  it('passes on what is larger than all it may hold', async (t) => {
    const cache = await startCache(t, { registry: { images }, maxSize: SIZE / 2 });
    const answer = await receive(cache.port, `/v2/app/blobs/${digests[0]}`);
    assert.ok(answer.isWhole && answer.body.equals(blobs[0] ?? Buffer.of()));
    assert.deepEqual(await held(cache.storage), []);
  });

  it('lets go what nobody has read for too long, and gets it again', async (t) => {
    const cache = await startCache(t, { registry: { images }, maxIdle: 3_600_000, maxSize: 100 * SIZE });
    await fetch(cache, 0);
    cache.clock.advance(3_700_000);
    await cache.cache.evict();
    assert.deepEqual(await held(cache.storage), []);
    await fetch(cache, 0);
  });
});

/** As a storage on disk: blobs have to be read. */
function withoutBytes(storage: RegistryStorage): RegistryStorage {
  const read: RegistryStorage['blob'] = async (repository, digest, options) => {
    const blob = await storage.blob(repository, digest, options);
    return blob && { digest: blob.digest, size: blob.size, read: (span, call) => blob.read(span, call) };
  };
  return new Proxy(storage, {
    get: (target, name) => (name === 'blob' ? read : bound(Reflect.get(target, name), target)),
  });
}

function bound(value: unknown, self: object): unknown {
  return typeof value === 'function' ? value.bind(self) : value;
}
