import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { type Digest, digestOf, OCI_MANIFEST } from '#oci';
import type { Death, FileSystem, OwnerProof } from '#store';
import { type Content, cameToEnd, contentOf, forgetfulFiles, stoppingFiles } from '#testing';
import type { RegistryStorage, StoredManifest } from '../port.ts';
import { openFolderStorage } from './folder-storage.ts';

/** Everybody else is dead. */
const survivors = (death: Death): OwnerProof => ({ self: () => ({ pid: 1, scope: 'test' }), death: () => death });

const NAME = 'library/app';
const LAYER = contentOf(9000, 1);
const CONFIG = contentOf(300, 2);
const IMAGE = imageOf([CONFIG, LAYER], 'one');
const NEXT = imageOf([CONFIG, LAYER], 'two');

function imageOf([config, ...layers]: readonly Content[], comment: string): StoredManifest {
  const document = {
    schemaVersion: 2,
    config: config?.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    comment,
  };
  const bytes = Buffer.from(JSON.stringify(document));
  return { digest: digestOf(bytes), mediaType: OCI_MANIFEST, bytes };
}

/** What the storage has acknowledged so far. */
interface Acknowledged {
  readonly blobs: Set<Content>;
  readonly manifests: Set<StoredManifest>;
  /** What each tag may point to: where it is being moved, to either. */
  readonly tags: Map<string, readonly (Digest | undefined)[]>;
  upload: { readonly id: string; readonly size: number } | undefined;
}

const nothing = (): Acknowledged => ({ blobs: new Set(), manifests: new Set(), tags: new Map(), upload: undefined });

/** A push that uses everything, another one that moves a tag, and a tag that is removed. Adds to `done` what was acknowledged. */
async function run(storage: RegistryStorage, done: Acknowledged): Promise<void> {
  const { uploads } = storage;
  const id = await uploads.begin(NAME);
  done.upload = { id, size: await uploads.append(NAME, id, { content: bytesOf(LAYER.bytes.subarray(0, 5000)) }) };
  await uploads.append(NAME, id, { offset: 5000, content: bytesOf(LAYER.bytes.subarray(5000)) });
  done.upload = undefined;
  await uploads.commit(NAME, id, LAYER.descriptor.digest);
  done.blobs.add(LAYER);
  await uploads.put(NAME, CONFIG.descriptor.digest, bytesOf(CONFIG.bytes));
  done.blobs.add(CONFIG);
  await pushTagged(storage, done, IMAGE, ['latest', 'v1']);
  await pushTagged(storage, done, NEXT, ['latest']);
  done.tags.set('v1', [IMAGE.digest, undefined]);
  await storage.removeTag(NAME, 'v1');
  done.tags.set('v1', [undefined]);
  await storage.mountBlob('library/other', LAYER.descriptor.digest, NAME);
}

async function pushTagged(
  storage: RegistryStorage,
  done: Acknowledged,
  manifest: StoredManifest,
  tags: readonly string[],
): Promise<void> {
  for (const tag of tags) done.tags.set(tag, [...(done.tags.get(tag) ?? [undefined]), manifest.digest]);
  await storage.putManifest(NAME, manifest, tags);
  done.manifests.add(manifest);
  for (const tag of tags) done.tags.set(tag, [manifest.digest]);
}

function open(root: string, fs?: FileSystem, death: Death = 'exact'): RegistryStorage {
  return openFolderStorage({ root, fs, sync: fs !== undefined, owners: survivors(death) });
}

/** Runs until the n-th call, as a process that is killed there; undefined when it came to its end before. */
async function runUntil(call: number, root: string, inner?: FileSystem): Promise<Acknowledged | undefined> {
  const done = nothing();
  const stopping = stoppingFiles(call, inner);
  try {
    return (await cameToEnd(() => run(open(root, stopping.fs), done))) ? undefined : done;
  } finally {
    stopping.closeAll();
  }
}

/** A digest's data are its bytes, wherever docker's registry would look. */
function checkData(root: string): void {
  const folder = join(root, 'docker/registry/v2/blobs/sha256');
  for (const path of filesBelow(folder)) {
    const [, hex, name] = path.split('/');
    assert.equal(name, 'data');
    assert.equal(
      createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex'),
      hex,
    );
  }
}

/** A link says what its place says. */
function checkLinks(root: string): void {
  const folder = join(root, 'docker/registry/v2/repositories');
  for (const path of filesBelow(folder)) {
    if (!path.endsWith('/link')) continue;
    const text = readFileSync(join(folder, path), 'utf8');
    if (path.endsWith('/current/link')) assert.match(text, /^sha256:[0-9a-f]{64}$/);
    else assert.equal(text, `sha256:${path.split('/').at(-2)}`);
  }
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** What was acknowledged is there, and what else can be seen is whole. */
async function checkAcknowledged(storage: RegistryStorage, done: Acknowledged): Promise<void> {
  for (const content of [LAYER, CONFIG]) {
    const blob = await storage.blob(NAME, content.descriptor.digest);
    assert.ok(blob !== undefined || !done.blobs.has(content), 'a blob is gone');
    if (blob !== undefined) assert.ok(Buffer.from(content.bytes).equals(await readBlob(blob)));
  }
  for (const manifest of [IMAGE, NEXT]) {
    const found = await storage.manifest(NAME, manifest.digest);
    assert.ok(found !== undefined || !done.manifests.has(manifest), 'a manifest is gone');
    if (found === undefined) continue;
    assert.ok(Buffer.from(manifest.bytes).equals(found.bytes));
    for (const content of [LAYER, CONFIG]) {
      assert.ok((await storage.blob(NAME, content.descriptor.digest)) !== undefined, 'a manifest without its blobs');
    }
  }
  for (const [tag, allowed] of done.tags) {
    const found = (await storage.tagged(NAME, tag))?.digest;
    assert.ok(allowed.includes(found), `${tag} is ${found}, not ${allowed.join(' or ')}`);
  }
  for (const tag of (await storage.tags(NAME))?.names ?? []) {
    assert.ok((await storage.tagged(NAME, tag)) !== undefined, `${tag} points to nothing`);
  }
}

async function readBlob(blob: NonNullable<Awaited<ReturnType<RegistryStorage['blob']>>>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of blob.read({ start: 0, end: blob.size })) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** A later process goes on with the upload where it was, whatever the earlier one left of its right to write. */
async function checkUpload(storage: RegistryStorage, { upload }: Acknowledged): Promise<void> {
  if (upload === undefined) return;
  const size = await storage.uploads.size(NAME, upload.id);
  assert.ok(size !== undefined && size >= upload.size, `${size} of ${upload.size} bytes are left`);
  await storage.uploads.append(NAME, upload.id, { offset: size, content: bytesOf(LAYER.bytes.subarray(size)) });
  await storage.uploads.commit(NAME, upload.id, LAYER.descriptor.digest);
}

/** The next run comes to its end. */
async function checkRecovery(root: string): Promise<void> {
  const storage = open(root);
  const done = nothing();
  await run(storage, done);
  await checkAcknowledged(storage, done);
  checkData(root);
  checkLinks(root);
}

// Thousands of small files, and flushing is played: in memory where the system has a place for that.
const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dray-crash-'));
after(() => rmSync(base, { recursive: true }));

describe('a registry whose process is killed', () => {
  it('holds what it acknowledged, at whichever call it was', async () => {
    let call = 1;
    for (; ; call += 1) {
      const root = join(base, `kill-${call}`);
      const done = await runUntil(call, root);
      if (done === undefined) break;
      checkData(root);
      checkLinks(root);
      const storage = open(root);
      await checkAcknowledged(storage, done);
      await checkUpload(storage, done);
      await checkRecovery(root);
      rmSync(root, { recursive: true, force: true });
    }
    assert.ok(call > 100, `only ${call} calls: does the test still see the file system?`);
  });
});

describe('a registry whose machine loses power', () => {
  it('holds what it acknowledged, at whichever call it was', async () => {
    for (let call = 1; ; call += 1) {
      const disk = join(base, `power-${call}`);
      mkdirSync(disk);
      const forgetful = forgetfulFiles(disk);
      const done = await runUntil(call, join(disk, 'data'), forgetful.fs);
      if (done === undefined) break;
      for (const how of ['strict', 'zeros'] as const) {
        const now = `${disk}-${how}`;
        forgetful.cutPower(now, how);
        const root = join(now, 'data');
        checkData(root);
        checkLinks(root);
        await checkAcknowledged(open(root), done);
        await checkRecovery(root);
        rmSync(now, { recursive: true });
      }
      rmSync(disk, { recursive: true });
    }
  });
});
