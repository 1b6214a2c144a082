import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import { digestOf } from '#oci';
import { collect, contentOf, inChunks, pourable } from './content.ts';
import { rejects } from './expect.ts';
import type { RegistryStorageTest } from './registry-storage.ts';
import { all, hasBlob, lacksBlob, OTHER, putBlob, REPOSITORY } from './registry-storage-content.ts';

const SMALL = contentOf(4096, 1);
const LARGE = contentOf(5 * 1024 * 1024 + 7, 2);

export function blobCases(test: RegistryStorageTest): void {
  putting(test);
  reading(test);
  sharing(test);
}

function putting(test: RegistryStorageTest): void {
  for (const content of [
    contentOf(0),
    contentOf(1),
    SMALL,
    contentOf(65_536, 3),
    LARGE,
    contentOf(70_000, 4, 'sha512'),
  ]) {
    test(`keeps a blob of ${content.descriptor.size} bytes, ${content.descriptor.digest.slice(0, 6)}`, async ({
      storage,
    }) => {
      await lacksBlob(storage, content);
      await putBlob(storage, content);
      await hasBlob(storage, content);
      await hasBlob(storage, content);
    });
  }
  test('keeps a blob that comes in one buffer used again and again', async ({ storage }) => {
    await storage.uploads.put(REPOSITORY, LARGE.descriptor.digest, inChunks(LARGE.bytes, 65_536));
    await hasBlob(storage, LARGE);
  });
  test('keeps a blob that is poured', async ({ storage }) => {
    await storage.uploads.put(REPOSITORY, LARGE.descriptor.digest, pourable(LARGE.bytes));
    await hasBlob(storage, LARGE);
  });
  test('keeps the same blob twice, and many times at once', async ({ storage }) => {
    await putBlob(storage, SMALL);
    await putBlob(storage, SMALL);
    await Promise.all([SMALL, LARGE, LARGE, SMALL, LARGE].map((content) => putBlob(storage, content)));
    await hasBlob(storage, SMALL);
    await hasBlob(storage, LARGE);
  });
  test('keeps many blobs at once', async ({ storage }) => {
    const many = Array.from({ length: 24 }, (_, index) => contentOf(3000 * index, 100 + index));
    await Promise.all(many.map((content) => putBlob(storage, content)));
    for (const content of many) await hasBlob(storage, content);
  });
  test('refuses a blob that is another one, and takes the right one then', async ({ storage }) => {
    for (const wrong of [
      SMALL.bytes.subarray(1),
      Buffer.concat([SMALL.bytes, Buffer.alloc(1)]),
      Buffer.alloc(4096),
      Buffer.alloc(0),
    ]) {
      await rejects(storage.uploads.put(REPOSITORY, SMALL.descriptor.digest, bytesOf(wrong)), 'DIGEST_MISMATCH');
      await lacksBlob(storage, SMALL);
    }
    assert.deepEqual((await storage.repositories()).names, []);
    await putBlob(storage, SMALL);
    await rejects(storage.uploads.put(REPOSITORY, SMALL.descriptor.digest, bytesOf(LARGE.bytes)), 'DIGEST_MISMATCH');
    await hasBlob(storage, SMALL);
  });
  test('keeps nothing of a blob that breaks off or is cancelled', async ({ storage }) => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield LARGE.bytes.subarray(0, 100_000);
      throw new RangeError('the line broke');
    };
    await assert.rejects(storage.uploads.put(REPOSITORY, LARGE.descriptor.digest, broken()), RangeError);
    const controller = new AbortController();
    const hanging = async function* (): AsyncGenerator<Uint8Array> {
      yield LARGE.bytes.subarray(0, 100_000);
      setImmediate(() => controller.abort());
      await new Promise(() => undefined);
    };
    const { signal } = controller;
    await rejects(storage.uploads.put(REPOSITORY, LARGE.descriptor.digest, hanging(), { signal }), 'CANCELLED');
    await rejects(
      storage.uploads.put(REPOSITORY, LARGE.descriptor.digest, bytesOf(LARGE.bytes), { signal }),
      'CANCELLED',
    );
    await lacksBlob(storage, LARGE);
  });
}

function reading(test: RegistryStorageTest): void {
  for (const content of [SMALL, LARGE]) {
    test(`reads any part of a blob of ${content.descriptor.size} bytes`, async ({ storage }) => {
      await putBlob(storage, content);
      const { size } = content.descriptor;
      const blob = await storage.blob(REPOSITORY, content.descriptor.digest);
      for (const [start, end] of [
        [0, 1],
        [0, size],
        [1, size],
        [size - 1, size],
        [100, 3000],
        [5, 5],
        [size, size],
      ] as const) {
        const found = blob === undefined ? undefined : await collect(blob.read({ start, end }));
        assert.ok(
          found !== undefined && Buffer.from(content.bytes.subarray(start, end)).equals(found),
          `${start}-${end}`,
        );
      }
    });
    test(`tells the size of a blob of ${content.descriptor.size} bytes alone`, async ({ storage }) => {
      await putBlob(storage, content);
      const found = await storage.blob(REPOSITORY, content.descriptor.digest, { sizeOnly: true });
      assert.equal(found?.size, content.descriptor.size);
      await hasBlob(storage, content);
    });
  }
  test('reads a blob to its end that is removed meanwhile', async ({ storage }) => {
    await putBlob(storage, LARGE);
    const blob = await storage.blob(REPOSITORY, LARGE.descriptor.digest);
    const chunks: Uint8Array[] = [];
    for await (const chunk of blob?.read({ start: 0, end: LARGE.descriptor.size }) ?? []) {
      chunks.push(new Uint8Array(chunk));
      if (chunks.length === 1) assert.equal(await storage.removeBlob(REPOSITORY, LARGE.descriptor.digest), true);
    }
    assert.ok(Buffer.concat(chunks).equals(LARGE.bytes));
    await lacksBlob(storage, LARGE);
  });
  test('stops reading when it is cancelled or given up', async ({ storage }) => {
    await putBlob(storage, LARGE);
    const blob = await storage.blob(REPOSITORY, LARGE.descriptor.digest);
    assert.ok(blob !== undefined);
    const whole = { start: 0, end: blob.size };
    for await (const chunk of blob.read(whole)) if (chunk.length > 0) break;
    const controller = new AbortController();
    const chunks = blob.read(whole, { signal: controller.signal })[Symbol.asyncIterator]();
    await chunks.next();
    controller.abort();
    await rejects(Promise.resolve(chunks.next()), 'CANCELLED');
    await rejects(storage.blob(REPOSITORY, blob.digest, { signal: controller.signal }), 'CANCELLED');
  });
}

function sharing(test: RegistryStorageTest): void {
  test('shows a blob to its repository alone', async ({ storage }) => {
    await putBlob(storage, SMALL);
    for (const name of [OTHER, 'library', 'library/app/below', 'app']) await lacksBlob(storage, SMALL, name);
    await putBlob(storage, SMALL, OTHER);
    await hasBlob(storage, SMALL, OTHER);
  });
  test('mounts a blob of another repository, and none that is not there', async ({ storage }) => {
    const { digest } = SMALL.descriptor;
    for (const from of [undefined, OTHER]) assert.equal(await storage.mountBlob(REPOSITORY, digest, from), false);
    await putBlob(storage, SMALL, OTHER);
    assert.equal(await storage.mountBlob(REPOSITORY, digest, 'library/none'), false);
    await lacksBlob(storage, SMALL);
    assert.equal(await storage.mountBlob(REPOSITORY, digest, OTHER), true);
    assert.equal(await storage.mountBlob(REPOSITORY, digest, OTHER), true);
    await hasBlob(storage, SMALL);
    assert.equal(await storage.mountBlob('library/third', digest, undefined), true);
    await hasBlob(storage, SMALL, 'library/third');
    assert.equal(await storage.mountBlob(REPOSITORY, digestOf('nothing'), undefined), false);
  });
  test('tells the holders of a blob', async ({ storage }) => {
    const { digest } = SMALL.descriptor;
    assert.deepEqual(await all(storage.holders(digest)), []);
    const names = ['a', 'a/b', 'a/b/c', 'z'];
    for (const name of names) await putBlob(storage, SMALL, name);
    await putBlob(storage, LARGE, 'y');
    assert.deepEqual((await all(storage.holders(digest))).toSorted(), names);
    await storage.removeBlob('a/b', digest);
    assert.deepEqual((await all(storage.holders(digest))).toSorted(), ['a', 'a/b/c', 'z']);
  });
  test('takes a blob from one repository alone', async ({ storage }) => {
    const digest = await putBlob(storage, SMALL);
    await putBlob(storage, SMALL, OTHER);
    assert.equal(await storage.removeBlob(REPOSITORY, digest), true);
    assert.equal(await storage.removeBlob(REPOSITORY, digest), false);
    await lacksBlob(storage, SMALL);
    await hasBlob(storage, SMALL, OTHER);
    await putBlob(storage, SMALL);
    await hasBlob(storage, SMALL);
  });
  test('mounts nothing that every repository has removed', async ({ storage }) => {
    const digest = await putBlob(storage, SMALL);
    await storage.removeBlob(REPOSITORY, digest);
    for (const from of [undefined, REPOSITORY]) assert.equal(await storage.mountBlob(OTHER, digest, from), false);
    await lacksBlob(storage, SMALL, OTHER);
  });
}
