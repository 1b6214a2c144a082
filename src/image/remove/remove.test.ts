import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { buildArtifact, buildImage, buildLayer, helloIndex, rejects, type TestGraph } from '#testing';
import { HOST, type KeptWorld, openKeptWorld } from '../stored/kept-world.test.fixture.ts';
import { chainIds } from './chains.ts';
import { type RemoveOptions, removeImage } from './remove.ts';

const SHARED = buildLayer({ files: [{ name: 'shared', content: 's' }] });
const ONE = buildImage({ layers: [SHARED, { files: [{ name: 'one', content: '1' }] }], config: { User: '1' } });
const TWO = buildImage({ layers: [SHARED, { files: [{ name: 'two', content: '2' }] }], config: { User: '2' } });
const HERE = 'https://host.example';

let world: KeptWorld;
beforeEach(async () => {
  world = await openKeptWorld();
});
afterEach(() => world.close());

/** The lines that docker would print. */
async function remove(text: string, options?: RemoveOptions): Promise<readonly string[]> {
  const { steps } = await removeImage(text, world.store, HOST, options);
  return steps.map((step) => ('untagged' in step ? `Untagged: ${step.untagged}` : `Deleted: ${step.deleted}`));
}

async function left(): Promise<readonly string[]> {
  return (await world.store.blobs()).map(({ digest }) => digest).toSorted();
}

const all = (...graphs: readonly TestGraph[]): readonly string[] =>
  [...new Set(graphs.flatMap((graph) => [...graph.blobs.keys()]))].toSorted();

function chains(image: typeof ONE): readonly string[] {
  const diffIds = image.layers.map(({ diffId }) => diffId);
  return chainIds({ rootfs: { diffIds } }).toReversed();
}

describe('removing', () => {
  it('an image by its only name takes what nothing else needs', async () => {
    await world.keep('docker.io/library/one:latest', ONE);
    await world.keep('docker.io/library/two:latest', TWO);
    const [top = ''] = chains(ONE);
    assert.deepEqual(await remove('one'), ['Untagged: one:latest', `Deleted: ${ONE.config.digest}`, `Deleted: ${top}`]);
    assert.deepEqual(await left(), all(TWO));
    const [second = '', base = ''] = chains(TWO);
    const lines = await remove('two');
    assert.deepEqual(lines, [
      'Untagged: two:latest',
      `Deleted: ${TWO.config.digest}`,
      `Deleted: ${second}`,
      `Deleted: ${base}`,
    ]);
    assert.deepEqual(await left(), []);
  });

  it('one of several names takes the name', async () => {
    await world.keep('docker.io/library/one:1', ONE, { source: HERE });
    await world.keep('docker.io/library/one:2', ONE);
    assert.deepEqual(await remove('one:2'), ['Untagged: one:2']);
    assert.deepEqual(await left(), all(ONE));
  });

  it('the last tag of a repository takes its names by digest along', async () => {
    await world.keep('host.example/one:1', ONE, { source: HERE });
    await world.keep(`host.example/one@${ONE.root.digest}`, ONE, { source: HERE });
    await world.keep('docker.io/library/x:1', ONE);
    assert.deepEqual(await remove('host.example/one:1'), [
      'Untagged: host.example/one:1',
      `Untagged: host.example/one@${ONE.root.digest}`,
    ]);
    assert.deepEqual(await left(), all(ONE));
  });

  it('an ID takes names of one repository, and needs force for several', async () => {
    await world.keep('host.example/one:1', ONE, { source: HERE });
    await world.keep('docker.io/library/b:1', ONE);
    const id = ONE.config.digest.slice(7, 19);
    await assert.rejects(remove(id), {
      code: 'CONFLICT',
      message: `conflict: unable to delete ${id} (must be forced) - image is referenced in multiple repositories`,
    });
    assert.deepEqual((await remove(id, { force: true })).slice(0, 4), [
      'Untagged: b:1',
      'Untagged: host.example/one:1',
      `Untagged: host.example/one@${ONE.root.digest}`,
      `Deleted: ${ONE.config.digest}`,
    ]);
    assert.deepEqual(await left(), []);
    await world.keep('host.example/one:1', ONE, { source: HERE });
    assert.equal((await remove(id))[0], 'Untagged: host.example/one:1');
  });

  it('an image without a name says what is deleted alone', async () => {
    await world.keep(undefined, ONE);
    assert.equal((await remove(ONE.config.digest))[0], `Deleted: ${ONE.config.digest}`);
    assert.deepEqual(await world.store.references(), []);
  });

  it('an image of several platforms takes all of them', async () => {
    const index = helloIndex();
    await world.keep('docker.io/library/index:1', index);
    assert.equal((await remove('index:1'))[0], 'Untagged: index:1');
    assert.deepEqual(await left(), []);
  });

  it('what is no image, and what is damaged, works by name', async () => {
    const artifact = buildArtifact({ artifactType: 'text/x', layers: [{ mediaType: 'text/plain', content: 'c' }] });
    await world.keep('docker.io/library/sbom:1', artifact);
    assert.deepEqual(await remove('sbom:1'), ['Untagged: sbom:1', `Deleted: ${artifact.root.digest}`]);
    assert.deepEqual(await left(), []);
    await world.keep('docker.io/library/one:1', ONE);
    const file = world.store.blobFile(ONE.root) ?? '';
    writeFileSync(file, Buffer.alloc(ONE.root.size));
    assert.deepEqual(await remove('one:1'), ['Untagged: one:1', `Deleted: ${ONE.root.digest}`]);
    assert.equal(await world.store.has(ONE.root), false);
  });

  it('what somebody works with takes the name; the content stays until that is over', async () => {
    await world.keep('docker.io/library/one:1', ONE);
    const lease = await world.store.lease([ONE.root]);
    await remove('one:1');
    assert.deepEqual(await left(), all(ONE));
    await lease.release();
    await world.store.collect();
    assert.deepEqual(await left(), []);
  });

  it('what is not there changes nothing', async () => {
    await world.keep('docker.io/library/one:1', ONE);
    await rejects(remove('nosuch'), 'MANIFEST_UNKNOWN');
    assert.deepEqual(await left(), all(ONE));
  });
});
