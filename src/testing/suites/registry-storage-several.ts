import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import { contentOf } from './content.ts';
import { rejects } from './expect.ts';
import type { OpenRegistryStorage, RegistryStorageTest } from './registry-storage.ts';
import {
  descriptorTo,
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
const BLOB = contentOf(5000, 41);
const LARGE = contentOf(300_000, 42);

/** Two storages of one place, each of which sees at once what the other one did. */
export function severalCases(test: RegistryStorageTest): void {
  const both = (
    title: string,
    body: (a: OpenRegistryStorage['storage'], b: OpenRegistryStorage['storage']) => Promise<void>,
  ): void =>
    test(title, async ({ storage, second }) => {
      if (second === undefined) throw new Error('this place has no second storage');
      await body(storage, second());
    });
  both('two see the same blobs', async (a, b) => {
    for (let turn = 0; turn < 10; turn += 1) {
      await putBlob(a, BLOB);
      await hasBlob(b, BLOB);
      assert.equal(await b.mountBlob(OTHER, BLOB.descriptor.digest, REPOSITORY), true);
      await hasBlob(a, BLOB, OTHER);
      await b.removeBlob(REPOSITORY, BLOB.descriptor.digest);
      await lacksBlob(a, BLOB);
      await a.removeRepository(OTHER);
      await lacksBlob(b, BLOB, OTHER);
    }
  });
  both('two see the same manifests and tags', async (a, b) => {
    for (let turn = 0; turn < 20; turn += 1) {
      const [writer, reader] = turn % 3 === 0 ? [a, b] : [b, a];
      const manifest = turn % 2 === 0 ? ONE : TWO;
      await writer.putManifest(REPOSITORY, manifest, ['latest', `t${turn}`]);
      sameManifest(await reader.tagged(REPOSITORY, 'latest'), manifest);
      assert.equal((await reader.tags(REPOSITORY))?.names.length, turn + 2);
    }
    assert.equal((await b.removeManifest(REPOSITORY, ONE.digest))?.length, 10);
    assert.equal(await a.tagged(REPOSITORY, 't0'), undefined);
    assert.equal((await a.tags(REPOSITORY))?.names.length, 11);
    sameManifest(await a.tagged(REPOSITORY, 'latest'), TWO);
    await a.removeRepository(REPOSITORY);
    assert.equal(await b.tagged(REPOSITORY, 'latest'), undefined);
    assert.equal(await b.tags(REPOSITORY), undefined);
  });
  both('two see the same media types', async (a, b) => {
    await a.putManifest(REPOSITORY, ONE, ['x']);
    sameManifest(await b.tagged(REPOSITORY, 'x'), ONE);
    const other = { ...ONE, mediaType: 'application/vnd.example.a+json' };
    await a.putManifest(REPOSITORY, other, ['y']);
    sameManifest(await b.manifest(REPOSITORY, ONE.digest), other);
    sameManifest(await b.tagged(REPOSITORY, 'x'), other);
  });
  both('two see the same repositories and referrers', async (a, b) => {
    const subject = descriptorTo(ONE);
    for (let turn = 0; turn < 10; turn += 1) {
      const referrer = emptyImage(`r${turn}`, { subject });
      await a.putManifest(`n/${turn}`, referrer, []);
      await a.putManifest(REPOSITORY, referrer, []);
      assert.equal((await b.repositories()).names.length, turn + 2);
      assert.equal((await b.referrers(REPOSITORY, ONE.digest)).length, turn + 1);
    }
    await b.removeRepository('n/3');
    assert.equal((await a.repositories()).names.length, 10);
  });
  both('two go on with one upload, one at a time', async (a, b) => {
    const { digest, size } = LARGE.descriptor;
    const id = await a.uploads.begin(REPOSITORY);
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield LARGE.bytes.subarray(0, 100_000);
      await rejects(b.uploads.append(REPOSITORY, id, { content: bytesOf(BLOB.bytes) }), 'BUSY');
      await rejects(b.uploads.commit(REPOSITORY, id, digest), 'BUSY');
      assert.equal(await b.uploads.size(REPOSITORY, id), 100_000);
    };
    await a.uploads.append(REPOSITORY, id, { content: slow() });
    const middle = { offset: 100_000, content: bytesOf(LARGE.bytes.subarray(100_000, 200_000)) };
    assert.equal(await b.uploads.append(REPOSITORY, id, middle), 200_000);
    assert.equal(await a.uploads.append(REPOSITORY, id, { content: bytesOf(LARGE.bytes.subarray(200_000)) }), size);
    assert.equal(await b.uploads.commit(REPOSITORY, id, digest), size);
    await hasBlob(a, LARGE);
    assert.equal(await a.uploads.size(REPOSITORY, id), undefined);
  });
  both('two push the same things at once', async (a, b) => {
    const work = async (storage: OpenRegistryStorage['storage']): Promise<void> => {
      for (let turn = 0; turn < 10; turn += 1) {
        await putBlob(storage, contentOf(1000, 900 + turn));
        await storage.putManifest(REPOSITORY, emptyImage(`w${turn}`), ['latest', `t${turn}`]);
        await storage.removeTag(REPOSITORY, `t${turn - 1}`);
      }
    };
    await Promise.all([work(a), work(b), work(a), work(b)]);
    for (let turn = 0; turn < 10; turn += 1) {
      await hasBlob(a, contentOf(1000, 900 + turn));
      sameManifest(await b.manifest(REPOSITORY, emptyImage(`w${turn}`).digest), emptyImage(`w${turn}`));
    }
    sameManifest(await b.tagged(REPOSITORY, 'latest'), emptyImage('w9'));
  });
}
