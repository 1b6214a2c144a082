import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import { contentOf } from './content.ts';
import { rejects } from './expect.ts';
import type { RegistryStorageTest } from './registry-storage.ts';
import { hasBlob, lacksBlob, REPOSITORY } from './registry-storage-content.ts';

const CONTENT = contentOf(50_000, 21);
const { digest } = CONTENT.descriptor;

export function uploadEndCases(test: RegistryStorageTest): void {
  test('ends an upload whose content is another one', async ({ storage }) => {
    const { uploads } = storage;
    for (const wrong of [CONTENT.bytes.subarray(1), Buffer.alloc(0)]) {
      const id = await uploads.begin(REPOSITORY);
      await uploads.append(REPOSITORY, id, { content: bytesOf(wrong) });
      await rejects(uploads.commit(REPOSITORY, id, digest), 'DIGEST_MISMATCH');
      assert.equal(await uploads.size(REPOSITORY, id), undefined);
      await rejects(uploads.commit(REPOSITORY, id, digest), 'NOT_FOUND');
    }
    await lacksBlob(storage, CONTENT);
    assert.deepEqual((await storage.repositories()).names, []);
  });
  test('drops an upload that is cancelled', async ({ storage }) => {
    const { uploads } = storage;
    const id = await uploads.begin(REPOSITORY);
    await uploads.append(REPOSITORY, id, { content: bytesOf(CONTENT.bytes) });
    assert.equal(await uploads.cancel(REPOSITORY, id), true);
    assert.equal(await uploads.cancel(REPOSITORY, id), false);
    assert.equal(await uploads.size(REPOSITORY, id), undefined);
    await rejects(uploads.commit(REPOSITORY, id, digest), 'NOT_FOUND');
  });
  test('tells whoever is writing to an upload that it was ended', async ({ storage }) => {
    const { uploads } = storage;
    const id = await uploads.begin(REPOSITORY);
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield CONTENT.bytes.subarray(0, 1000);
      assert.equal(await uploads.cancel(REPOSITORY, id), true);
      yield CONTENT.bytes.subarray(1000);
    };
    await rejects(uploads.append(REPOSITORY, id, { content: slow() }), 'NOT_FOUND');
    assert.equal(await uploads.size(REPOSITORY, id), undefined);
  });
  test('makes no repository of an upload', async ({ storage }) => {
    const { uploads } = storage;
    const id = await uploads.begin(REPOSITORY);
    await uploads.append(REPOSITORY, id, { content: bytesOf(CONTENT.bytes) });
    assert.deepEqual((await storage.repositories()).names, []);
    assert.equal(await storage.tags(REPOSITORY), undefined);
    await uploads.commit(REPOSITORY, id, digest);
    assert.deepEqual((await storage.repositories()).names, [REPOSITORY]);
    assert.deepEqual(await storage.tags(REPOSITORY), { names: [], more: false });
    await hasBlob(storage, CONTENT);
  });
}
