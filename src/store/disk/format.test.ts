import assert from 'node:assert/strict';
import * as nodeFs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { isDrayError } from '#errors';
import { contentOf, holds, lacks, layerOf, rejects } from '#testing';
import { systemFiles } from '../file-system.ts';
import { openDiskStore } from './disk-store.ts';
import { Files } from './files.ts';
import { checkFormat } from './format.ts';

const BLOB = contentOf(5000, 1);

let folder = '';
let root = '';
beforeEach(() => {
  folder = nodeFs.mkdtempSync(join(tmpdir(), 'dray-format-'));
  root = join(folder, 'deep', 'store');
});
afterEach(() => nodeFs.rmSync(folder, { recursive: true }));

async function keep(): Promise<void> {
  await (await openDiskStore({ root })).put(BLOB.descriptor, bytesOf(BLOB.bytes));
}

describe('the folder of a store', () => {
  it('is not made by those who only look', async () => {
    const store = await openDiskStore({ root });
    await lacks(store, BLOB);
    assert.deepEqual(await store.references(), []);
    assert.equal(await store.reference('docker.io/library/app:1'), undefined);
    assert.equal(await store.removeReference('docker.io/library/app:1'), false);
    assert.equal(store.layerFacts(BLOB.descriptor.digest), undefined);
    assert.equal(store.blobFile(BLOB.descriptor), undefined);
    assert.equal(await store.discard(BLOB.descriptor.digest), false);
    await rejects(store.resolve('docker.io/library/app:1'), 'MANIFEST_UNKNOWN');
    assert.deepEqual(nodeFs.readdirSync(folder), []);
  });

  it('is a store when another process makes it one while it is looked at', () => {
    const readdirSync = ((path: string): string[] => {
      nodeFs.mkdirSync(join(path, 'blobs'), { recursive: true });
      nodeFs.writeFileSync(join(path, 'dray-store.json'), '{"format":"dray-store","version":1}\n');
      return nodeFs.readdirSync(path);
    }) as typeof nodeFs.readdirSync;
    const files = new Files({ root, fs: { ...systemFiles, readdirSync }, sync: false, id: 'looks' });
    assert.equal(checkFormat(files), true);
  });

  it('is for its owner alone', { skip: process.platform === 'win32' && 'Windows has no modes' }, async () => {
    nodeFs.mkdirSync(root, { recursive: true, mode: 0o755 });
    await keep();
    const store = await openDiskStore({ root });
    await store.tag('docker.io/library/app:1', BLOB.descriptor);
    for (const entry of nodeFs.readdirSync(root, { recursive: true, withFileTypes: true })) {
      const mode = nodeFs.statSync(join(entry.parentPath, entry.name)).mode & 0o777;
      assert.equal(mode, entry.isDirectory() ? 0o700 : 0o600, entry.name);
    }
    assert.equal(nodeFs.statSync(root).mode & 0o777, 0o700);
  });

  it('says what it is', async () => {
    await keep();
    assert.deepEqual(JSON.parse(nodeFs.readFileSync(join(root, 'dray-store.json'), 'utf8')), {
      format: 'dray-store',
      version: 1,
    });
    await holds(await openDiskStore({ root }), BLOB);
  });

  it('may be empty, or have what a new file system has', async () => {
    nodeFs.mkdirSync(join(root, 'lost+found'), { recursive: true });
    await keep();
    await holds(await openDiskStore({ root }), BLOB);
  });

  it('is refused when it holds other things, and left alone', async () => {
    nodeFs.mkdirSync(root, { recursive: true });
    nodeFs.writeFileSync(join(root, 'thesis\u001b[31m.txt'), 'mine');
    await rejects(openDiskStore({ root }), 'STORE_INCOMPATIBLE');
    await assert.rejects(openDiskStore({ root }), /it holds "thesis\?\[31m\.txt"/);
    assert.equal(nodeFs.readdirSync(root).length, 1);
  });

  it('is refused when other things came between opening and keeping', async () => {
    const store = await openDiskStore({ root });
    nodeFs.mkdirSync(root, { recursive: true });
    nodeFs.writeFileSync(join(root, 'thesis.txt'), 'mine');
    await rejects(store.put(BLOB.descriptor, bytesOf(BLOB.bytes)), 'STORE_INCOMPATIBLE');
  });

  for (const [what, text] of [
    ['a newer version', '{"format":"dray-store","version":2}'],
    ['another format', '{"format":"something","version":1}'],
    ['no version', '{"format":"dray-store"}'],
    ['no JSON', 'version 1'],
    ['nothing', ''],
  ]) {
    it(`is refused when its version file holds ${what}`, async () => {
      nodeFs.mkdirSync(root, { recursive: true });
      nodeFs.writeFileSync(join(root, 'dray-store.json'), text ?? '');
      await rejects(openDiskStore({ root }), 'STORE_INCOMPATIBLE');
    });
  }

  it('is refused when it is a file, or below one', async () => {
    nodeFs.writeFileSync(join(folder, 'file'), 'x');
    for (const path of ['file', 'file/store']) {
      await rejects(openDiskStore({ root: join(folder, path) }), 'STORE_INCOMPATIBLE');
    }
  });

  it('names the way out when the folder may not be made', async () => {
    const mkdirSync = (path: nodeFs.PathLike): never => {
      throw Object.assign(new Error(`EACCES: permission denied, mkdir '${String(path)}'`), { code: 'EACCES' });
    };
    const store = await openDiskStore({ root, fs: { ...nodeFs, mkdirSync } });
    await assert.rejects(store.put(BLOB.descriptor, bytesOf(BLOB.bytes)), (error: unknown) => {
      assert.ok(isDrayError(error));
      assert.equal(error.code, 'IO_FAILED');
      assert.match(error.message, /^making the store \S+: EACCES: permission denied/);
      assert.match(error.hint ?? '', /--root or DRAY_ROOT/);
      return true;
    });
  });

  it('can be made by many at once', async () => {
    await Promise.all(Array.from({ length: 8 }, keep));
    await holds(await openDiskStore({ root }), BLOB);
  });
});

describe('blobs in the store', () => {
  it('are not there when their file was cut short or grew, and come anew', async () => {
    await keep();
    const store = await openDiskStore({ root });
    const file = store.blobFile(BLOB.descriptor) ?? '';
    for (const length of [4999, 5001, 0]) {
      nodeFs.truncateSync(file, length);
      await lacks(store, BLOB);
      const ingest = await store.ingest(BLOB.descriptor);
      ingest?.write(0, BLOB.bytes);
      await ingest?.commit();
      await holds(store, BLOB);
    }
  });

  it('can be dropped, with what is known of them', async () => {
    const layer = layerOf(1000, 'gzip');
    const store = await openDiskStore({ root });
    await store.put(layer.descriptor, bytesOf(layer.bytes), { diffId: layer.diffId });
    const { digest } = layer.descriptor;
    assert.deepEqual(store.layerFacts(digest), { diffId: layer.diffId, size: 1000 });
    assert.equal(await store.discard(digest), true);
    assert.equal(await store.discard(digest), false);
    await lacks(store, layer);
    assert.equal(store.layerFacts(digest), undefined);
  });

  it('are known by what was found out about them, in this run and the next', async () => {
    const layer = layerOf(300_000, 'gzip');
    const store = await openDiskStore({ root });
    const ingest = await store.ingest(layer.descriptor, { diffId: layer.diffId });
    ingest?.write(0, layer.bytes);
    await ingest?.commit();
    await store.rememberLayer(BLOB.descriptor.digest, { diffId: BLOB.descriptor.digest, size: 5000 });
    const next = await openDiskStore({ root });
    assert.deepEqual(next.layerFacts(layer.descriptor.digest), { diffId: layer.diffId, size: 300_000 });
    assert.deepEqual(next.layerFacts(BLOB.descriptor.digest), { diffId: BLOB.descriptor.digest, size: 5000 });
  });

  for (const text of ['', 'null', '{"diffId":"sha256:zz","size":1}', '{"diffId":5}']) {
    it(`are unknown where the note is damaged: ${text}`, async () => {
      const store = await openDiskStore({ root });
      await store.rememberLayer(BLOB.descriptor.digest, { diffId: BLOB.descriptor.digest, size: 5000 });
      const [, hex] = BLOB.descriptor.digest.split(':');
      nodeFs.writeFileSync(join(root, 'facts', 'sha256', `${hex}.json`), text);
      assert.equal(store.layerFacts(BLOB.descriptor.digest), undefined);
    });
  }

  it('are never looked for under a name that is no digest', async () => {
    await keep();
    const store = await openDiskStore({ root });
    for (const digest of ['sha256:../../../etc/passwd', `sha256:${'A'.repeat(64)}`, 'md5:00', '']) {
      const target = { mediaType: 'x', size: 1, digest: digest as `sha256:${string}` };
      await rejects(store.has(target), 'INVALID_REFERENCE', 'UNSUPPORTED');
      await rejects(store.put(target, bytesOf()), 'INVALID_REFERENCE', 'UNSUPPORTED');
      await rejects(store.discard(target.digest), 'INVALID_REFERENCE', 'UNSUPPORTED');
    }
  });
});
