import assert from 'node:assert/strict';
import * as nodeFs from 'node:fs';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { type Digest, digestOf, OCI_MANIFEST } from '#oci';
import type { FileSystem } from '#store';
import { type Content, contentOf, rejects } from '#testing';
import { systemClock } from '#timing';
import type { RegistryStorage, StoredManifest } from '../port.ts';
import { openFolderStorage } from './folder-storage.ts';

const NAME = 'library/app';
const SMALL = contentOf(3000, 1);
const LARGE = contentOf(200_000, 2);
const base = mkdtempSync(join(tmpdir(), 'dray-layout-'));
after(() => rmSync(base, { recursive: true }));
let count = 0;

interface Place {
  readonly storage: RegistryStorage;
  /** A path below `docker/registry/v2`. */
  at(path: string): string;
  readonly root: string;
}

function place(fs?: FileSystem): Place {
  const root = join(base, String((count += 1)));
  return {
    root,
    storage: openFolderStorage({ root, sync: false, fs }),
    at: (path) => join(root, 'docker/registry/v2', path),
  };
}

function imageOf(comment: string, layers: readonly object[] = []): StoredManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config: {}, layers, comment }));
  return { digest: digestOf(bytes), mediaType: OCI_MANIFEST, bytes };
}

const ONE = imageOf('one', [SMALL.descriptor]);
const TWO = imageOf('two', [SMALL.descriptor]);

const put = (storage: RegistryStorage, { bytes, descriptor }: Content, name = NAME): Promise<number> =>
  storage.uploads.put(name, descriptor.digest, bytesOf(bytes));

const dataOf = (digest: Digest): string => `blobs/sha256/${digest.slice(7, 9)}/${digest.slice(7)}/data`;
const layerOf = (digest: Digest, name = NAME): string => `repositories/${name}/_layers/sha256/${digest.slice(7)}/link`;
const revisionOf = (digest: Digest): string => `repositories/${NAME}/_manifests/revisions/sha256/${digest.slice(7)}`;
const tagOf = (tag: string): string => `repositories/${NAME}/_manifests/tags/${tag}`;

/** Links that were made long ago, so that what is read of them counts as settled. */
function age(path: string): void {
  const then = (Date.now() - 3_600_000) / 1000;
  utimesSync(path, then, then);
}

/** As seen by a process that takes everything for settled: what it has in memory is told from the file system alone. */
function settledReader(root: string): RegistryStorage {
  return openFolderStorage({ root, clock: { ...systemClock, now: () => Date.now() + 10_000 } });
}

describe('the folder of a registry', () => {
  it('is laid out as docker lays it out', async () => {
    const { storage, at, root } = place();
    await put(storage, SMALL);
    await storage.putManifest(NAME, ONE, ['1.0']);
    const { digest } = SMALL.descriptor;
    const files = readdirSync(join(root, 'docker'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const links = [layerOf(digest), `${revisionOf(ONE.digest)}/link`, `${tagOf('1.0')}/current/link`];
    const history = `${tagOf('1.0')}/index/sha256/${ONE.digest.slice(7)}/link`;
    const expected = [dataOf(digest), dataOf(ONE.digest), ...links, history].map(at);
    assert.deepEqual(files.toSorted(), expected.toSorted());
    assert.equal(readFileSync(at(layerOf(digest)), 'utf8'), digest);
    assert.deepEqual(readdirSync(join(root, 'dray', 'tmp')), []);
  });
  it('keeps a media type beside the link where the content says another one, and only then', async () => {
    const { storage, at } = place();
    await storage.putManifest(NAME, { ...ONE, mediaType: 'application/vnd.example+json' }, []);
    assert.equal(readFileSync(join(at(revisionOf(ONE.digest)), 'mediatype'), 'utf8'), 'application/vnd.example+json');
    await storage.putManifest(NAME, ONE, []);
    assert.deepEqual(readdirSync(at(revisionOf(ONE.digest))), ['link']);
  });
  it('has uploads with what docker looks at when it purges them', async () => {
    const { storage, at } = place();
    const id = await storage.uploads.begin(NAME);
    await storage.uploads.append(NAME, id, { content: bytesOf(SMALL.bytes) });
    const folder = at(`repositories/${NAME}/_uploads/${id}`);
    assert.deepEqual(readdirSync(folder).toSorted(), ['data', 'startedat']);
    assert.match(readFileSync(join(folder, 'startedat'), 'utf8'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(readFileSync(join(folder, 'data')).equals(SMALL.bytes));
    // Docker's registry keeps the state of its hash beside.
    mkdirSync(join(folder, 'hashstates', 'sha256'), { recursive: true });
    await storage.uploads.commit(NAME, id, SMALL.descriptor.digest);
    assert.deepEqual(readdirSync(at(`repositories/${NAME}/_uploads`)), []);
  });
});

describe('what a process that was stopped has left in the folder of a registry', () => {
  it('is no tag without a link, and becomes one when it is pushed', async () => {
    const { storage, at } = place();
    await storage.putManifest(NAME, ONE, ['whole']);
    mkdirSync(at(tagOf('bare')));
    mkdirSync(at(`${tagOf('empty')}/current`), { recursive: true });
    mkdirSync(at(`${tagOf('cut')}/current`), { recursive: true });
    writeFileSync(at(`${tagOf('cut')}/current/link`), '');
    assert.deepEqual((await storage.tags(NAME))?.names, ['whole']);
    for (const tag of ['bare', 'empty', 'cut']) {
      assert.equal(await storage.tagged(NAME, tag), undefined);
      assert.equal(await storage.removeTag(NAME, tag), false);
      await storage.putManifest(NAME, TWO, [tag]);
      assert.equal((await storage.tagged(NAME, tag))?.digest, TWO.digest);
    }
    assert.deepEqual((await storage.tags(NAME))?.names, ['bare', 'cut', 'empty', 'whole']);
  });
  it('is no blob without a link or without its bytes, and becomes one when it is pushed', async () => {
    const { storage, at } = place();
    await put(storage, SMALL);
    const { digest } = SMALL.descriptor;
    writeFileSync(at(layerOf(digest)), '');
    assert.equal(await storage.blob(NAME, digest), undefined);
    await put(storage, SMALL);
    assert.equal(readFileSync(at(layerOf(digest)), 'utf8'), digest);
    await put(storage, LARGE);
    rmSync(at(dataOf(LARGE.descriptor.digest)));
    assert.equal(await storage.blob(NAME, LARGE.descriptor.digest), undefined);
    await put(storage, LARGE);
    assert.equal((await storage.blob(NAME, LARGE.descriptor.digest))?.size, LARGE.descriptor.size);
  });
  it('is removed after a day, at the first write', async () => {
    const { storage, root } = place();
    const tmp = join(root, 'dray', 'tmp');
    for (const name of ['old', 'growing', 'new']) {
      mkdirSync(join(tmp, name), { recursive: true });
      writeFileSync(join(tmp, name, 'data'), 'x');
    }
    const then = Date.now() / 1000 - 2 * 86_400;
    for (const path of ['old/data', 'old', 'growing']) utimesSync(join(tmp, path), then, then);
    await put(storage, SMALL);
    assert.deepEqual(readdirSync(tmp).toSorted(), ['growing', 'new']);
  });
  it("is left there where it is somebody else's", async () => {
    const rm = ((path, options, done) =>
      String(path).endsWith('/old')
        ? done(Object.assign(new Error('EACCES'), { code: 'EACCES' }))
        : nodeFs.rm(path, options, done)) as FileSystem['rm'];
    const { storage, root } = place({ ...nodeFs, rm });
    const old = join(root, 'dray', 'tmp', 'old');
    mkdirSync(old, { recursive: true });
    utimesSync(old, 0, 0);
    await put(storage, SMALL);
    assert.ok(existsSync(old));
  });
  it('is no repository without any link', async () => {
    const { storage, at } = place();
    await put(storage, SMALL);
    await storage.putManifest('other', ONE, []);
    rmSync(at(layerOf(SMALL.descriptor.digest)));
    mkdirSync(at('repositories/bare/_layers/sha256'), { recursive: true });
    writeFileSync(at('repositories/stray'), 'x');
    assert.deepEqual((await storage.repositories()).names, ['other']);
    assert.equal(await storage.tags(NAME), undefined);
  });
});

describe('a registry whose bytes a collector has put away', () => {
  async function trashed(...contents: readonly { readonly digest: Digest }[]): Promise<Place> {
    const made = place();
    await put(made.storage, SMALL);
    await put(made.storage, LARGE);
    await made.storage.putManifest(NAME, ONE, ['1']);
    mkdirSync(join(made.root, 'dray', 'trash'), { recursive: true });
    for (const { digest } of contents) {
      renameSync(made.at(dataOf(digest)), join(made.root, 'dray', 'trash', digest.replace(':', '-')));
    }
    return { ...made, storage: openFolderStorage({ root: made.root, sync: false }) };
  }

  it('still reads them', async () => {
    const { storage } = await trashed(SMALL.descriptor, LARGE.descriptor, ONE);
    for (const { descriptor } of [SMALL, LARGE]) {
      const blob = await storage.blob(NAME, descriptor.digest);
      let read = 0;
      for await (const chunk of blob?.read({ start: 0, end: descriptor.size }) ?? []) read += chunk.length;
      assert.equal(read, descriptor.size);
    }
    assert.equal((await storage.tagged(NAME, '1'))?.digest, ONE.digest);
  });
  it('brings them back when they are linked again', async () => {
    const { storage, at } = await trashed(SMALL.descriptor, LARGE.descriptor, ONE);
    assert.equal(await storage.mountBlob('other', SMALL.descriptor.digest, NAME), true);
    await put(storage, LARGE, 'other');
    await storage.putManifest('other', ONE, []);
    for (const digest of [SMALL.descriptor.digest, LARGE.descriptor.digest, ONE.digest]) {
      assert.ok(existsSync(at(dataOf(digest))), digest);
    }
  });
  it('mounts nothing that is gone for good', async () => {
    const { storage, at } = await trashed();
    rmSync(at(dataOf(LARGE.descriptor.digest)));
    assert.equal(await storage.mountBlob('other', LARGE.descriptor.digest, NAME), false);
    assert.ok(!existsSync(at(layerOf(LARGE.descriptor.digest, 'other'))));
  });
  it('makes the links of its children again that are taken while a manifest is pushed', async () => {
    const { root, at } = await trashed();
    const link = at(layerOf(SMALL.descriptor.digest));
    const taking: FileSystem = {
      ...nodeFs,
      renameSync(from, to) {
        if (String(to).includes('_manifests/revisions')) rmSync(link, { force: true });
        nodeFs.renameSync(from, to);
      },
    };
    await openFolderStorage({ root, sync: false, fs: taking }).putManifest(NAME, TWO, ['2']);
    assert.equal(readFileSync(link, 'utf8'), SMALL.descriptor.digest);
    // What was not there before is nobody's to make.
    const foreign = imageOf('foreign', [contentOf(5, 5).descriptor]);
    await openFolderStorage({ root, sync: false }).putManifest(NAME, foreign, []);
    assert.ok(!existsSync(at(layerOf(contentOf(5, 5).descriptor.digest))));
  });
  it('touches the link of a blob that somebody relies on, once a minute', async () => {
    const { storage, at } = await trashed();
    const link = at(layerOf(SMALL.descriptor.digest));
    age(link);
    await storage.blob(NAME, SMALL.descriptor.digest, { sizeOnly: true });
    const touched = statSync(link).mtimeMs;
    assert.ok(Date.now() - touched < 60_000);
    await storage.blob(NAME, SMALL.descriptor.digest);
    assert.equal(statSync(link).mtimeMs, touched);
  });
});

describe('a registry that knows everything already', () => {
  it('sees what others write and remove at once', async () => {
    const { storage: writer, root } = place();
    const reader = settledReader(root);
    await put(writer, SMALL);
    await writer.putManifest(NAME, ONE, ['old', 'moving']);
    const seen = async (tag: string): Promise<Digest | undefined> => (await reader.tagged(NAME, tag))?.digest;
    assert.equal(await seen('moving'), ONE.digest);
    await writer.putManifest(NAME, TWO, ['moving']);
    assert.equal(await seen('moving'), TWO.digest);
    const other = { ...ONE, mediaType: 'application/vnd.example+json' };
    assert.equal((await reader.tagged(NAME, 'old'))?.mediaType, ONE.mediaType);
    await writer.putManifest(NAME, other, []);
    assert.equal((await reader.tagged(NAME, 'old'))?.mediaType, other.mediaType);
    assert.equal((await reader.manifest(NAME, ONE.digest))?.mediaType, other.mediaType);
    assert.notEqual(await reader.blob(NAME, SMALL.descriptor.digest), undefined);
    await writer.removeBlob(NAME, SMALL.descriptor.digest);
    assert.equal(await reader.blob(NAME, SMALL.descriptor.digest), undefined);
    await writer.removeManifest(NAME, ONE.digest);
    assert.equal(await seen('old'), undefined);
    assert.equal(await reader.manifest(NAME, ONE.digest), undefined);
  });
});

describe('a registry whose disk is full', () => {
  it('says so, keeps what it had, and goes on when there is room', async () => {
    let room = 100_000;
    const fs: FileSystem = {
      ...nodeFs,
      writeSync: ((fd: number, bytes: Uint8Array, at: number, length: number, position: number) => {
        if (room === 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        const written = nodeFs.writeSync(fd, bytes, at, Math.min(length, room), position);
        room -= written;
        return written;
      }) as FileSystem['writeSync'],
    };
    const { storage, root } = place(fs);
    const { uploads } = storage;
    const { digest } = LARGE.descriptor;
    await rejects(uploads.put(NAME, digest, bytesOf(LARGE.bytes)), 'DISK_FULL');
    assert.deepEqual(readdirSync(join(root, 'dray', 'tmp')), []);
    room = 1_000_000;
    const id = await uploads.begin(NAME);
    room = 50_000;
    await uploads.append(NAME, id, { content: bytesOf(LARGE.bytes.subarray(0, 40_000)) });
    await rejects(uploads.append(NAME, id, { content: bytesOf(LARGE.bytes.subarray(40_000)) }), 'DISK_FULL');
    assert.equal(await uploads.size(NAME, id), 40_000);
    room = 1_000_000;
    await uploads.append(NAME, id, { offset: 40_000, content: bytesOf(LARGE.bytes.subarray(40_000)) });
    room = 0;
    await rejects(uploads.commit(NAME, id, digest), 'DISK_FULL');
    assert.equal(await uploads.size(NAME, id), LARGE.descriptor.size);
    await rejects(storage.putManifest(NAME, ONE, ['1']), 'DISK_FULL');
    assert.equal(await storage.tagged(NAME, '1'), undefined);
    room = 1_000_000;
    assert.equal(await uploads.commit(NAME, id, digest), LARGE.descriptor.size);
    await storage.putManifest(NAME, ONE, ['1']);
    assert.equal((await storage.tagged(NAME, '1'))?.digest, ONE.digest);
  });
});
