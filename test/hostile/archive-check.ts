import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';

/** What a file that was pulled has to hold: a TestImage is one. */
export interface ExpectedImage {
  /** Left out where it is made by the pull itself. */
  readonly config?: { readonly digest: string } | undefined;
  /** Bottom first. */
  readonly layers: readonly { readonly digest: string }[];
  /** RepoTags; any where nothing is said. */
  readonly names?: readonly string[] | undefined;
  /** False: its layers are not what its config says, or too much to look at. */
  readonly unpacked?: boolean | undefined;
}

const BLOCK = 512;

/**
 * Checks an archive as `docker load` would read it, with nothing of dray: every blob has the digest that is its name, the config and the
 * layers are the expected ones, and each layer is, unpacked, what the config says.
 */
export function checkArchive(archive: Uint8Array, expected: ExpectedImage): void {
  const files = filesOf(Buffer.from(archive));
  for (const [name, content] of files) {
    const blob = /^blobs\/(?<algorithm>sha256|sha512)\/(?<hex>[0-9a-f]+)$/.exec(name)?.groups;
    if (blob?.['hex'] !== undefined) assert.equal(hexOf(content, blob['algorithm'] ?? ''), blob['hex'], name);
  }
  const [image, ...others] = JSON.parse(textOf(files, 'manifest.json')) as readonly Record<string, unknown>[];
  assert.ok(image !== undefined && others.length === 0, 'one image');
  if (expected.names !== undefined) assert.deepEqual(image['RepoTags'] ?? [], expected.names);
  const layers = image['Layers'] as readonly string[];
  assert.deepEqual(
    layers,
    expected.layers.map(({ digest }) => pathOf(digest)),
  );
  const config = textOf(files, String(image['Config']));
  if (expected.config !== undefined) assert.equal(image['Config'], pathOf(expected.config.digest));
  if (expected.unpacked === false) return;
  const { rootfs } = JSON.parse(config) as { readonly rootfs: { readonly diff_ids: readonly string[] | null } };
  const found = layers.map((path, at) => {
    const [algorithm = 'sha256'] = (rootfs.diff_ids?.[at] ?? '').split(':');
    return `${algorithm}:${hexOf(unpacked(fileOf(files, path)), algorithm)}`;
  });
  assert.deepEqual(found, rootfs.diff_ids ?? [], 'diff_ids');
}

/** The files of a tar, by name. Knows the long names of ustar and pax. */
function filesOf(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  let long: string | undefined;
  for (let at = 0; at < archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + BLOCK);
    const text = (start: number, end: number): string => header.toString('utf8', start, end).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 136), 8);
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    assert.equal(content.length, size, 'the archive ends in the middle of a file');
    const prefix = text(345, 500);
    const name = long ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`);
    const type = text(156, 157);
    long = type === 'x' ? /^\d+ path=(?<path>.*)$/m.exec(content.toString())?.groups?.['path'] : undefined;
    if (type === '0' || type === '') files.set(name, content);
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  return files;
}

function fileOf(files: ReadonlyMap<string, Buffer>, name: string): Buffer {
  const content = files.get(name);
  assert.ok(content !== undefined, `${name} is missing`);
  return content;
}

function textOf(files: ReadonlyMap<string, Buffer>, name: string): string {
  return fileOf(files, name).toString();
}

function unpacked(layer: Buffer): Uint8Array {
  if (layer[0] === 0x1f && layer[1] === 0x8b) return gunzipSync(layer);
  return layer.length >= 4 && layer.readUInt32LE(0) === 0xfd2fb528 ? unzstd(layer) : layer;
}

function hexOf(content: Uint8Array, algorithm: string): string {
  return createHash(algorithm).update(content).digest('hex');
}

function pathOf(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}
