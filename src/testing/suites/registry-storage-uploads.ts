import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import { isDrayError } from '#errors';
import { contentOf, inChunks } from './content.ts';
import { rejects } from './expect.ts';
import type { RegistryStorageTest } from './registry-storage.ts';
import { hasBlob, lacksBlob, OTHER, REPOSITORY } from './registry-storage-content.ts';

const CONTENT = contentOf(300_000, 11);
const { digest, size: SIZE } = CONTENT.descriptor;
const NOBODYS = '00000000-0000-4000-8000-000000000000';

export function uploadCases(test: RegistryStorageTest): void {
  growing(test);
  refusing(test);
  breaking(test);
}

function growing(test: RegistryStorageTest): void {
  test('takes an upload piece by piece', async ({ storage }) => {
    const { uploads } = storage;
    const id = await uploads.begin(REPOSITORY);
    assert.match(id, /^[A-Za-z0-9-]+$/);
    assert.equal(await uploads.size(REPOSITORY, id), 0);
    let end = 0;
    for (const next of [1, 70_000, 70_000, 299_999, SIZE]) {
      const content = inChunks(CONTENT.bytes.subarray(end, next), 999);
      assert.equal(await uploads.append(REPOSITORY, id, { offset: end, content }), next);
      assert.equal(await uploads.size(REPOSITORY, id), next);
      end = next;
    }
    await lacksBlob(storage, CONTENT);
    assert.equal(await uploads.commit(REPOSITORY, id, digest), SIZE);
    await hasBlob(storage, CONTENT);
    assert.equal(await uploads.size(REPOSITORY, id), undefined);
  });
  test('takes pieces without an offset, wherever the upload ends', async ({ storage }) => {
    const { uploads } = storage;
    const id = await uploads.begin(REPOSITORY);
    await uploads.append(REPOSITORY, id, { content: bytesOf(CONTENT.bytes.subarray(0, 1000)) });
    await uploads.append(REPOSITORY, id, { content: bytesOf(CONTENT.bytes.subarray(1000)) });
    assert.equal(await uploads.commit(REPOSITORY, id, digest), SIZE);
    await hasBlob(storage, CONTENT);
  });
  test('makes an upload of nothing the empty blob', async ({ storage }) => {
    const empty = contentOf(0);
    const id = await storage.uploads.begin(REPOSITORY);
    assert.equal(await storage.uploads.commit(REPOSITORY, id, empty.descriptor.digest), 0);
    await hasBlob(storage, empty);
  });
  test('keeps an upload under its sha512', async ({ storage }) => {
    const content = contentOf(100_000, 12, 'sha512');
    const id = await storage.uploads.begin(REPOSITORY);
    await storage.uploads.append(REPOSITORY, id, { content: bytesOf(content.bytes) });
    assert.equal(await storage.uploads.commit(REPOSITORY, id, content.descriptor.digest), content.bytes.length);
    await hasBlob(storage, content);
  });
  test('takes several uploads at once, of the same content too', async ({ storage }) => {
    const { uploads } = storage;
    const ids = await Promise.all(Array.from({ length: 8 }, () => uploads.begin(REPOSITORY)));
    assert.equal(new Set(ids).size, 8);
    await Promise.all(ids.map((id) => uploads.append(REPOSITORY, id, { content: inChunks(CONTENT.bytes, 10_000) })));
    assert.deepEqual(
      await Promise.all(ids.map((id) => uploads.commit(REPOSITORY, id, digest))),
      ids.map(() => SIZE),
    );
    await hasBlob(storage, CONTENT);
  });
}

function refusing(test: RegistryStorageTest): void {
  test('says where an upload goes on when a piece begins elsewhere, and takes nothing of it', async ({ storage }) => {
    const { uploads } = storage;
    const id = await uploads.begin(REPOSITORY);
    await uploads.append(REPOSITORY, id, { content: bytesOf(CONTENT.bytes.subarray(0, 1000)) });
    for (const offset of [0, 999, 1001, 5000]) {
      const refused = uploads.append(REPOSITORY, id, { offset, content: bytesOf(Buffer.alloc(9)) });
      await assert.rejects(
        refused,
        (error) => isDrayError(error) && error.code === 'CONFLICT' && error.detail['size'] === 1000,
      );
    }
    assert.equal(await uploads.size(REPOSITORY, id), 1000);
    await uploads.append(REPOSITORY, id, { offset: 1000, content: bytesOf(CONTENT.bytes.subarray(1000)) });
    assert.equal(await uploads.commit(REPOSITORY, id, digest), SIZE);
  });
  test('knows no upload of another repository, nor one that never was', async ({ storage }) => {
    const { uploads } = storage;
    const own = await uploads.begin(REPOSITORY);
    for (const [name, id] of [
      [OTHER, own],
      [REPOSITORY, NOBODYS],
      ['none', NOBODYS],
      [REPOSITORY, '..'],
      [REPOSITORY, ''],
    ] as const) {
      assert.equal(await uploads.size(name, id), undefined, id);
      await rejects(uploads.append(name, id, { content: bytesOf(CONTENT.bytes) }), 'NOT_FOUND');
      await rejects(uploads.commit(name, id, digest), 'NOT_FOUND');
      assert.equal(await uploads.cancel(name, id), false);
    }
    assert.equal(await uploads.size(REPOSITORY, own), 0);
  });
  test('lets one request at a time write to an upload', async ({ storage }) => {
    const { uploads } = storage;
    const id = await uploads.begin(REPOSITORY);
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield CONTENT.bytes.subarray(0, 1000);
      await rejects(uploads.append(REPOSITORY, id, { content: bytesOf(Buffer.alloc(9)) }), 'BUSY');
      await rejects(uploads.append(REPOSITORY, id, { offset: 1000, content: bytesOf(Buffer.alloc(9)) }), 'BUSY');
      await rejects(uploads.commit(REPOSITORY, id, digest), 'BUSY');
      assert.equal(await uploads.size(REPOSITORY, id), 1000);
      yield CONTENT.bytes.subarray(1000);
    };
    assert.equal(await uploads.append(REPOSITORY, id, { offset: 0, content: slow() }), SIZE);
    assert.equal(await uploads.commit(REPOSITORY, id, digest), SIZE);
  });
}

function breaking(test: RegistryStorageTest): void {
  test('keeps what came before a piece broke off', async ({ storage }) => {
    const { uploads } = storage;
    const id = await uploads.begin(REPOSITORY);
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield CONTENT.bytes.subarray(0, 100_000);
      yield CONTENT.bytes.subarray(100_000, 123_456);
      throw new RangeError('the line broke');
    };
    await assert.rejects(uploads.append(REPOSITORY, id, { content: broken() }), RangeError);
    assert.equal(await uploads.size(REPOSITORY, id), 123_456);
    await uploads.append(REPOSITORY, id, { offset: 123_456, content: bytesOf(CONTENT.bytes.subarray(123_456)) });
    assert.equal(await uploads.commit(REPOSITORY, id, digest), SIZE);
    await hasBlob(storage, CONTENT);
  });
  test('keeps what came before a piece was cancelled, and nothing that comes then', async ({ storage }) => {
    const { uploads } = storage;
    const id = await uploads.begin(REPOSITORY);
    const controller = new AbortController();
    let goOn = (): void => undefined;
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    const hanging = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield CONTENT.bytes.subarray(0, 1000);
        setImmediate(() => controller.abort());
        await new Promise<void>((resolve) => (goOn = resolve));
        yield Buffer.alloc(5000);
        yield Buffer.alloc(5000);
      } finally {
        end();
      }
    };
    await rejects(uploads.append(REPOSITORY, id, { content: hanging() }, { signal: controller.signal }), 'CANCELLED');
    assert.equal(await uploads.size(REPOSITORY, id), 1000);
    goOn();
    await over;
    assert.equal(await uploads.size(REPOSITORY, id), 1000);
    await uploads.append(REPOSITORY, id, { content: bytesOf(CONTENT.bytes.subarray(1000)) });
    assert.equal(await uploads.commit(REPOSITORY, id, digest), SIZE);
  });
}
