import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { buildImage, buildIndex, buildLayer, rejects, type TestGraph, type TestImage } from '#testing';
import { HOST, type KeptWorld, openKeptWorld } from '../stored/kept-world.test.fixture.ts';
import { removeImage } from './remove.ts';

const SHARED = buildLayer({ files: [{ name: 'shared', content: 's' }] });
const imageFor = (architecture: string, variant?: string): TestImage =>
  buildImage({
    platform: { os: 'linux', architecture, ...(variant !== undefined && { variant }) },
    layers: [SHARED, { files: [{ name: 'own', content: `${architecture}${variant}` }] }],
  });
const [AMD, ARM64, ARM7] = [imageFor('amd64'), imageFor('arm64', 'v8'), imageFor('arm', 'v7')];
const INDEX = buildIndex([AMD, ARM64, ARM7]);
const NAME = 'host.example/multi:1';

let world: KeptWorld;
beforeEach(async () => {
  world = await openKeptWorld();
  await world.keep(NAME, INDEX);
});
afterEach(() => world.close());

/** The lines that docker would print. */
async function remove(text: string, ...platforms: readonly string[]): Promise<readonly string[]> {
  const { steps } = await removeImage(text, world.store, HOST, { platforms });
  return steps.map((step) => ('untagged' in step ? `Untagged: ${step.untagged}` : `Deleted: ${step.deleted}`));
}

async function isWhole(graph: TestGraph): Promise<boolean> {
  const there = new Set((await world.store.blobs()).map(({ digest }) => digest));
  return [...graph.blobs.keys()].every((digest) => there.has(digest));
}

async function platformsOf(name: string): Promise<number> {
  return (await world.store.reference(name))?.manifests.length ?? 0;
}

const deleted = (...images: readonly TestImage[]): readonly string[] =>
  images.map(({ root }) => `Deleted: ${root.digest}`);

describe('removing platforms of an image', () => {
  for (const [asked, gone, left] of [
    [['linux/arm64'], [ARM64], [AMD, ARM7]],
    [['linux/arm64/v8'], [ARM64], [AMD, ARM7]],
    [['arm64'], [ARM64], [AMD, ARM7]],
    [['linux'], [AMD], [ARM64, ARM7]],
    [['linux/arm'], [ARM7], [AMD, ARM64]],
    [['linux/arm/v7', 'linux/amd64', 'linux/arm'], [ARM7, AMD], [ARM64]],
  ] as const) {
    it(asked.join(' and '), async () => {
      assert.deepEqual(await remove('host.example/multi:1', ...asked), deleted(...gone));
      for (const image of gone) assert.equal(await world.store.has(image.root), false);
      for (const image of left) assert.equal(await isWhole(image), true);
      assert.equal(await world.store.has(INDEX.root), true);
      assert.equal(await platformsOf(NAME), left.length);
    });
  }

  for (const platform of ['linux/riscv64', 'linux/amd64/v2', 'linux/arm/v8', 'linux/arm/v6', 'windows/amd64']) {
    it(`${platform} is not taken for another one, and then nothing goes`, async () => {
      await assert.rejects(remove('host.example/multi:1', 'linux/amd64', platform), {
        code: 'PLATFORM_UNKNOWN',
        message:
          `failed to delete platform ${platform} for image ${AMD.config.digest}: ` +
          'image with reference host.example/multi:1 was found but does not provide any platform',
        hint: 'it is here for linux/amd64, linux/arm64/v8, linux/arm/v7',
      });
      assert.equal(await isWhole(INDEX), true);
      assert.equal(await platformsOf(NAME), 3);
    });
  }

  it('what is no platform, and what is no image here', async () => {
    await rejects(remove('host.example/multi:1', 'linux/*'), 'INVALID_PLATFORM');
    await rejects(remove('nosuch', 'linux/amd64'), 'MANIFEST_UNKNOWN');
    assert.equal(await isWhole(INDEX), true);
  });

  it('never the last one, nor an image that stands for itself', async () => {
    await world.keep('docker.io/library/one:1', AMD);
    await rejects(remove('one:1', 'linux/amd64'), 'CONFLICT');
    await rejects(remove('one:1', 'linux/arm64'), 'PLATFORM_UNKNOWN');
    await rejects(remove('host.example/multi:1', 'linux/amd64', 'linux/arm64', 'linux/arm'), 'CONFLICT');
    assert.equal(await isWhole(INDEX), true);
    await remove('host.example/multi:1', 'linux/arm64', 'linux/arm');
    await rejects(remove('host.example/multi:1', 'linux/amd64'), 'CONFLICT');
    assert.equal(await isWhole(AMD), true);
  });

  it('of one name; another name, or another image, keeps its own', async () => {
    const { manifests } = (await world.store.reference(NAME)) ?? { manifests: [] };
    await world.store.remember({ name: 'docker.io/library/other:1', root: INDEX.root, manifests });
    await world.keep('docker.io/library/arm:1', ARM7);
    assert.deepEqual(await remove('host.example/multi:1', 'linux/arm64', 'linux/arm'), [
      `Untagged: host.example/multi@${ARM64.root.digest}`,
      `Untagged: host.example/multi@${ARM7.root.digest}`,
    ]);
    assert.equal(await isWhole(INDEX), true);
    assert.deepEqual([await platformsOf(NAME), await platformsOf('docker.io/library/other:1')], [1, 3]);
    await rejects(remove('host.example/multi:1', 'linux/arm64'), 'PLATFORM_UNKNOWN');
    assert.deepEqual(await remove('other:1', 'linux/arm64', 'linux/arm'), [
      ...deleted(ARM64),
      `Untagged: other@${ARM7.root.digest}`,
    ]);
    assert.equal(await isWhole(ARM7), true);
  });

  it('by an ID, of all names of the image', async () => {
    const { manifests } = (await world.store.reference(NAME)) ?? { manifests: [] };
    await world.store.remember({ name: 'docker.io/library/other:1', root: INDEX.root, manifests });
    assert.deepEqual(await remove(AMD.config.digest.slice(7, 19), 'linux/arm64'), deleted(ARM64));
    assert.deepEqual(await remove(INDEX.root.digest, 'linux/arm'), deleted(ARM7));
    assert.deepEqual([await platformsOf(NAME), await platformsOf('docker.io/library/other:1')], [1, 1]);
  });

  it('what an earlier run that was killed has left', async () => {
    await world.store.removeReference(NAME);
    await world.store.remember({ name: NAME, root: INDEX.root, manifests: [AMD.root, ARM7.root] });
    assert.deepEqual(await remove('host.example/multi:1', 'linux/arm64'), deleted(ARM64));
    assert.equal(await world.store.has(ARM64.root), false);
  });

  it('nothing while somebody works with them', async () => {
    const lease = await world.store.lease([ARM64.root]);
    await rejects(remove('host.example/multi:1', 'linux/arm64', 'linux/arm'), 'BUSY');
    assert.equal(await isWhole(INDEX), true);
    await lease.release();
    assert.deepEqual(await remove('host.example/multi:1', 'linux/arm64'), deleted(ARM64));
  });
});
