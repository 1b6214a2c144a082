import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import { contentOf } from './content.ts';
import type { RegistryStorageTest } from './registry-storage.ts';
import {
  emptyImage,
  hasBlob,
  lacksBlob,
  OTHER,
  putBlob,
  REPOSITORY,
  sameManifest,
} from './registry-storage-content.ts';

const ONE = emptyImage('one');
const TWO = emptyImage('two');
const BLOB = contentOf(5000, 31);

export function removalCases(test: RegistryStorageTest): void {
  test('removes a manifest with the tags that point to it', async ({ storage }) => {
    await storage.putManifest(REPOSITORY, ONE, ['b', 'a', 'moved']);
    await storage.putManifest(REPOSITORY, TWO, ['moved', 'two']);
    assert.deepEqual(await storage.removeManifest(REPOSITORY, ONE.digest), ['a', 'b']);
    assert.equal(await storage.removeManifest(REPOSITORY, ONE.digest), undefined);
    assert.equal(await storage.manifest(REPOSITORY, ONE.digest), undefined);
    for (const tag of ['a', 'b']) assert.equal(await storage.tagged(REPOSITORY, tag), undefined);
    assert.deepEqual((await storage.tags(REPOSITORY))?.names, ['moved', 'two']);
    sameManifest(await storage.tagged(REPOSITORY, 'moved'), TWO);
    await storage.putManifest(REPOSITORY, ONE, ['a']);
    sameManifest(await storage.tagged(REPOSITORY, 'a'), ONE);
    assert.deepEqual(await storage.removeManifest('none', ONE.digest), undefined);
  });
  test('removes a manifest from one repository alone', async ({ storage }) => {
    await storage.putManifest(REPOSITORY, ONE, ['a']);
    await storage.putManifest(OTHER, ONE, ['a']);
    await storage.removeManifest(REPOSITORY, ONE.digest);
    sameManifest(await storage.tagged(OTHER, 'a'), ONE);
  });
  test('removes a tag alone', async ({ storage }) => {
    await storage.putManifest(REPOSITORY, ONE, ['a', 'b']);
    assert.equal(await storage.removeTag(REPOSITORY, 'a'), true);
    assert.equal(await storage.removeTag(REPOSITORY, 'a'), false);
    assert.equal(await storage.removeTag('none', 'a'), false);
    assert.equal(await storage.tagged(REPOSITORY, 'a'), undefined);
    sameManifest(await storage.tagged(REPOSITORY, 'b'), ONE);
    await storage.removeTag(REPOSITORY, 'b');
    sameManifest(await storage.manifest(REPOSITORY, ONE.digest), ONE);
    assert.deepEqual(await storage.tags(REPOSITORY), { names: [], more: false });
    await storage.putManifest(REPOSITORY, TWO, ['a']);
    sameManifest(await storage.tagged(REPOSITORY, 'a'), TWO);
  });
  test('knows a repository no more from which everything was removed', async ({ storage }) => {
    await putBlob(storage, BLOB, 'a');
    await storage.putManifest('a', ONE, ['x']);
    await putBlob(storage, BLOB, 'a/b');
    await storage.removeManifest('a', ONE.digest);
    assert.deepEqual((await storage.repositories()).names, ['a', 'a/b']);
    await storage.removeBlob('a', BLOB.descriptor.digest);
    assert.deepEqual((await storage.repositories()).names, ['a/b']);
    assert.equal(await storage.tags('a'), undefined);
    assert.equal(await storage.removeRepository('a'), false);
    await hasBlob(storage, BLOB, 'a/b');
  });
  test('removes a repository, and not those below it', async ({ storage }) => {
    assert.equal(await storage.removeRepository('a'), false);
    for (const name of ['a', 'a/b', 'ab']) {
      await putBlob(storage, BLOB, name);
      await storage.putManifest(name, ONE, ['x']);
    }
    const id = await storage.uploads.begin('a');
    assert.equal(await storage.removeRepository('a'), true);
    assert.equal(await storage.removeRepository('a'), false);
    assert.deepEqual((await storage.repositories()).names, ['a/b', 'ab']);
    await lacksBlob(storage, BLOB, 'a');
    assert.equal(await storage.manifest('a', ONE.digest), undefined);
    assert.equal(await storage.tagged('a', 'x'), undefined);
    assert.equal(await storage.uploads.size('a', id), undefined);
    for (const name of ['a/b', 'ab']) {
      await hasBlob(storage, BLOB, name);
      sameManifest(await storage.tagged(name, 'x'), ONE);
    }
    assert.equal(await storage.removeRepository('a/b'), true);
    await putBlob(storage, BLOB, 'a/b');
    await storage.putManifest('a', TWO, ['x']);
    sameManifest(await storage.tagged('a', 'x'), TWO);
    assert.deepEqual((await storage.tags('a/b'))?.names, []);
  });
  test('takes new uploads and blobs after a repository was removed', async ({ storage }) => {
    await putBlob(storage, BLOB);
    await storage.removeRepository(REPOSITORY);
    const id = await storage.uploads.begin(REPOSITORY);
    await storage.uploads.append(REPOSITORY, id, { content: bytesOf(BLOB.bytes) });
    await storage.removeRepository(REPOSITORY);
    assert.equal(await storage.uploads.size(REPOSITORY, id), undefined);
    await putBlob(storage, BLOB);
    await hasBlob(storage, BLOB);
  });
}
