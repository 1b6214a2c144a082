import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { buildArtifact, buildIndex, helloIndex } from './collections.ts';
import { digestOf } from './descriptor-of.ts';
import { editManifest, type TestGraph } from './graph.ts';
import { buildImage, helloImage } from './image.ts';
import { buildLayer } from './layers.ts';
import { helloProgram, PROGRAM_OUTPUT } from './programs.ts';
import { buildSchema1 } from './schema1.ts';
import { tarOf } from './tar.ts';

interface AnyManifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly mediaType: string; readonly size: number; readonly urls?: readonly string[] }[];
  readonly manifests: readonly { readonly digest: string; readonly platform?: Record<string, unknown> }[];
}

function documentOf(graph: TestGraph): AnyManifest {
  return JSON.parse(Buffer.from(graph.blobs.get(graph.root.digest) ?? []).toString()) as AnyManifest;
}

test('the program of this machine prints its line', (t) => {
  const architecture = ({ x64: 'amd64', arm64: 'arm64' } as const)[arch() as 'x64' | 'arm64'];
  if (platform() !== 'linux' || architecture === undefined) return t.skip('no Linux on amd64 or arm64');
  const folder = mkdtempSync(join(tmpdir(), 'dray-program-'));
  try {
    writeFileSync(join(folder, 'hello'), helloProgram(architecture), { mode: 0o755 });
    const run = spawnSync(join(folder, 'hello'));
    assert.deepEqual([run.status, run.stdout.toString()], [0, PROGRAM_OUTPUT]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the programs are the bytes that were seen to run, each on its processor', () => {
  assert.equal(
    digestOf(helloProgram('amd64')),
    'sha256:c74b3881ac6b6ef513908292487958de8a9d65fc63dad7504af58b5b7d53a0d3',
  );
  assert.equal(
    digestOf(helloProgram('arm64')),
    'sha256:b919f1df80059331db864d47226fe29903498635bbb9196e6db533bb2be0c2d8',
  );
});

test('GNU tar reads what the tar writer writes', () => {
  const tar = tarOf([
    { name: 'bin/' },
    { name: 'bin/tool', content: 'x'.repeat(700), mode: 0o755 },
    { name: 'bin/link', link: 'tool' },
    { name: 'empty' },
  ]);
  const listing = execFileSync('tar', ['-tvf', '-'], { input: tar, encoding: 'utf8' });
  const entries = listing
    .trimEnd()
    .split('\n')
    .map((row) => row.replace(/ +(?<size>\d+) \S+ \S+ /, ' $<size> '));
  assert.deepEqual(entries, [
    'drwxr-xr-x 0/0 0 bin/',
    '-rwxr-xr-x 0/0 700 bin/tool',
    'lrwxrwxrwx 0/0 0 bin/link -> tool',
    '-rw-r--r-- 0/0 0 empty',
  ]);
});

for (const frames of [1, 3]) {
  test(`layers in ${frames} frame(s) decompress to what their diff_id names`, () => {
    const options = { files: [{ name: 'a', content: 'text' }], fill: 300_000, frames };
    const gzip = buildLayer({ ...options, compression: 'gzip' });
    const zstd = buildLayer({ ...options, compression: 'zstd' });
    const plain = buildLayer({ ...options, compression: 'none' });
    assert.equal(digestOf(gunzipSync(gzip.bytes)), gzip.diffId);
    assert.equal(digestOf(decompress(zstd.bytes)), zstd.diffId);
    assert.deepEqual([gzip.diffId, plain.digest], [zstd.diffId, plain.diffId]);
  });
}

test('filler does not compress, and follows from size and seed', () => {
  const layer = buildLayer({ fill: 2 << 20 });
  assert.ok(layer.bytes.length >= 2 << 20);
  assert.equal(buildLayer({ fill: 2 << 20 }).digest, layer.digest);
  assert.notEqual(buildLayer({ fill: 2 << 20, seed: 'other' }).digest, layer.digest);
});

test('an image holds its manifest, config and layers by their digests', () => {
  const shared = buildLayer({ fill: 1000 });
  const image = buildImage({ layers: [shared, { fill: 10, compression: 'zstd' }], flavour: 'docker' });
  assert.equal(image.blobs.size, 4);
  for (const [digest, bytes] of image.blobs) assert.equal(digestOf(bytes), digest);
  const manifest = documentOf(image);
  assert.equal(manifest.config.digest, image.config.digest);
  assert.deepEqual(
    manifest.layers.map((layer) => layer.mediaType),
    ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'application/vnd.docker.image.rootfs.diff.tar.zstd'],
  );
  const config = JSON.parse(Buffer.from(image.blobs.get(image.config.digest) ?? []).toString()) as {
    rootfs: { diff_ids: string[] };
  };
  assert.deepEqual(config.rootfs.diff_ids, [shared.diffId, image.layers[1]?.diffId]);
});

test('a foreign layer is named with its urls and left out of the blobs', () => {
  const foreign = { urls: ['https://127.0.0.1/layer'] };
  const image = buildImage({ layers: [{ fill: 10, foreign }], flavour: 'docker' });
  assert.equal(image.blobs.size, 2);
  const [layer] = documentOf(image).layers;
  assert.deepEqual(layer?.urls, foreign.urls);
  assert.equal(layer?.mediaType, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
  assert.equal(buildImage({ layers: [{ fill: 10, foreign: { ...foreign, inRegistry: true } }] }).blobs.size, 3);
});

test('an index holds everything of its images, with their platforms', () => {
  const index = helloIndex();
  assert.equal(index.blobs.size, 7);
  assert.deepEqual([...index.manifests.values()].toSorted(), [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.oci.image.manifest.v1+json',
  ]);
  const nested = buildIndex([{ graph: index }, helloImage('amd64')]);
  assert.deepEqual(
    documentOf(nested).manifests.map((entry) => entry.platform),
    [undefined, { os: 'linux', architecture: 'amd64' }],
  );
});

test('an artifact is an OCI manifest with a type, and an edited manifest gets a new root', () => {
  const artifact = buildArtifact({
    artifactType: 'text/x-note',
    layers: [{ mediaType: 'text/plain', content: 'note' }],
  });
  assert.equal((documentOf(artifact) as unknown as { artifactType: string }).artifactType, 'text/x-note');
  const edited = editManifest(artifact, (manifest) => ({ ...manifest, layers: [{ size: -1 }] }));
  assert.equal(documentOf(edited).layers[0]?.size, -1);
  assert.notEqual(edited.root.digest, artifact.root.digest);
});

test('schema1 lists layers newest first, and its signature holds over the payload that its digest names', () => {
  const image = buildImage({ layers: [{ fill: 10 }, { fill: 20 }] });
  const graph = buildSchema1(image, { name: 'app', tag: '1' });
  const served = Buffer.from(graph.blobs.get(graph.root.digest) ?? []).toString();
  const document = JSON.parse(served) as {
    fsLayers: { blobSum: string }[];
    signatures: {
      header: { jwk: { kty: string; crv: string; x: string; y: string } };
      signature: string;
      protected: string;
    }[];
  };
  assert.deepEqual(
    document.fsLayers.map((layer) => layer.blobSum),
    image.layers.map((layer) => layer.digest).toReversed(),
  );
  const [signature] = document.signatures;
  assert.ok(signature !== undefined);
  const { formatLength, formatTail } = JSON.parse(Buffer.from(signature.protected, 'base64url').toString()) as {
    formatLength: number;
    formatTail: string;
  };
  const payload = served.slice(0, formatLength) + Buffer.from(formatTail, 'base64url').toString();
  assert.equal(digestOf(Buffer.from(payload)), graph.root.digest);
  const key = {
    key: createPublicKey({ key: signature.header.jwk, format: 'jwk' }),
    dsaEncoding: 'ieee-p1363' as const,
  };
  const signed = Buffer.from(`${signature.protected}.${Buffer.from(payload).toString('base64url')}`);
  assert.ok(verify('sha256', signed, key, Buffer.from(signature.signature, 'base64url')));
});
