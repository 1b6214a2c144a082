import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { buildArtifact, buildImage, buildIndex } from '#testing';
import { HOST, type KeptWorld, openKeptWorld } from '../stored/kept-world.test.fixture.ts';
import { describeImage } from './describe-image.ts';
import { imageRows } from './image-rows.ts';

const AMD = buildImage();
const ARM = buildImage({ platform: { os: 'linux', architecture: 'arm64' }, layers: [{ files: [{ name: 'arm' }] }] });
const OTHER = buildImage({ layers: AMD.layers, config: { Labels: { n: '1' } } });
const INDEX = buildIndex([ARM, AMD]);

let world: KeptWorld;
beforeEach(async () => {
  world = await openKeptWorld();
});
afterEach(() => world.close());

describe('rows of images', () => {
  test('one for each ID, whatever it is known by', async () => {
    await world.keep('docker.io/library/b:1', INDEX, { source: 'https://registry-1.docker.io' });
    await world.keep('docker.io/library/a:1', AMD);
    await world.keep('host.example/a:2', AMD, { source: 'https://host.example' });
    await world.keep(`host.example/a@${AMD.root.digest}`, AMD, { source: 'https://host.example' });
    const { rows, layersSize } = await imageRows(world.store, HOST, { manifests: true });
    assert.equal(layersSize, undefined);
    const [row, ...others] = rows;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [row?.id, row?.root, row?.tags, row?.digests, row?.shared],
      [
        AMD.config.digest,
        AMD.root,
        ['a:1', 'b:1', 'host.example/a:2'],
        [`b@${INDEX.root.digest}`, `host.example/a@${AMD.root.digest}`],
        undefined,
      ],
    );
    assert.deepEqual(
      row?.manifests?.map(({ descriptor, available }) => [descriptor.digest, available]),
      [AMD, ARM].map(({ root }) => [root.digest, true]),
    );
  });

  test('what a layer is shared with', async () => {
    const [layer] = AMD.layers;
    assert.ok(layer !== undefined);
    await world.keep('docker.io/library/a:1', AMD);
    await world.keep(undefined, OTHER);
    await world.keep(undefined, ARM);
    const { rows, layersSize } = await imageRows(world.store, HOST, { shared: true });
    const [own] = ARM.layers;
    const size = layer.bytes.length;
    assert.equal(layersSize, size + (own?.bytes.length ?? 0));
    assert.deepEqual(
      new Map(rows.map(({ id, shared }) => [id, shared])),
      new Map([AMD, OTHER, ARM].map(({ config }) => [config.digest, config === ARM.config ? 0 : size])),
    );
  });

  test('what is no image, or cannot be read, is left out', async () => {
    await world.keep('docker.io/library/chart:1', buildArtifact({ artifactType: 'application/vnd.example' }));
    await world.keep('docker.io/library/torn:1', ARM);
    await world.keep('docker.io/library/whole:1', AMD);
    await world.store.discard(ARM.config.digest);
    const { rows } = await imageRows(world.store, HOST, { shared: true, manifests: true });
    assert.deepEqual(
      rows.map(({ tags }) => tags),
      [['whole:1']],
    );
  });

  test('are cancelled as asked', async () => {
    await world.keep('docker.io/library/a:1', AMD);
    await assert.rejects(imageRows(world.store, HOST, { signal: AbortSignal.abort() }), { code: 'CANCELLED' });
  });
});

describe('an image of the store', () => {
  test('is described with its manifest, and what is below its root', async () => {
    await world.keep('docker.io/library/b:1', INDEX);
    const found = await describeImage('b:1', world.places, { platform: 'linux/arm64', manifests: true });
    assert.deepEqual(
      [found.image.Id, found.manifest.digest, found.container],
      [ARM.config.digest, ARM.root.digest, undefined],
    );
    assert.deepEqual(
      found.manifests?.map(({ kind, platform }) => [kind, platform?.architecture]),
      [
        ['image', 'arm64'],
        ['image', 'amd64'],
      ],
    );
    assert.equal((await describeImage('b:1', world.places)).manifests, undefined);
  });

  test('is never a path, whatever its name looks like', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'dray-rows-'));
    t.after(() => rmSync(folder, { recursive: true }));
    for (const text of [folder, `${folder}/`, `oci:${folder}`, `./x`, 'docker://localhost:1/x', 'x.tar']) {
      await assert.rejects(describeImage(text, world.places), (error: { readonly code?: string }) =>
        ['INVALID_REFERENCE', 'MANIFEST_UNKNOWN'].includes(error.code ?? ''),
      );
    }
  });
});
