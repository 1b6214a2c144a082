import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import { buildArtifact, buildImage, contentOf, type TestImage } from '#testing';
import { HOST, type KeptWorld, openKeptWorld } from '../stored/kept-world.test.fixture.ts';
import { storeUsage } from '../usage/usage.ts';
import { type PruneOptions, pruneStore } from './prune.ts';

const image = (n: string, created: string, labels: Record<string, string> = {}): TestImage =>
  buildImage({
    layers: [{ files: [{ name: n, content: n }] }],
    config: { Labels: labels },
    editConfig: (config) => ({ ...config, created }),
  });

const NAMED = image('named', '2026-03-01T00:00:00Z', { keep: 'yes' });
const MOVED = image('moved', '2026-02-01T00:00:00Z');
const NAMELESS = image('nameless', '2026-01-01T00:00:00Z', { stage: 'test' });
const ARTIFACT = buildArtifact({ artifactType: 'text/x' });

let world: KeptWorld;
beforeEach(async () => {
  world = await openKeptWorld();
  await world.keep('docker.io/library/named:1', NAMED);
  await world.keep(`host.example/moved@${MOVED.root.digest}`, MOVED, { source: 'https://host.example' });
  await world.keep(undefined, NAMELESS);
  await world.keep('docker.io/library/sbom:1', ARTIFACT);
});
afterEach(() => world.close());

async function pruned(options: PruneOptions = {}): Promise<readonly string[]> {
  const names = new Map(
    [NAMED, MOVED, NAMELESS].map((each, n) => [each.config.digest, ['named', 'moved', 'nameless'][n]]),
  );
  const { steps } = await pruneStore(world.store, HOST, options);
  return steps.flatMap((step) => ('deleted' in step ? (names.get(step.deleted) ?? []) : [])).toSorted();
}

describe('pruning', () => {
  const cases: readonly (readonly [PruneOptions, readonly string[]])[] = [
    [{}, ['moved', 'nameless']],
    [{ all: true }, ['moved', 'named', 'nameless']],
    [{ until: Date.parse('2026-01-15T00:00:00Z') }, ['nameless']],
    [{ all: true, until: Date.parse('2026-02-15T00:00:00Z') }, ['moved', 'nameless']],
    [{ labels: ['stage'] }, ['nameless']],
    [{ all: true, labels: ['stage=test'] }, ['nameless']],
    [{ all: true, labels: ['stage=other'] }, []],
    [{ all: true, withoutLabels: ['keep=yes', 'stage'] }, ['moved']],
  ];
  for (const [options, expected] of cases) {
    it(`with ${JSON.stringify(options)} removes ${expected.join(' and ') || 'nothing'}`, async () => {
      assert.deepEqual(await pruned(options), expected);
      assert.equal(await world.store.has(ARTIFACT.root), true);
    });
  }

  it('removes what no image needs, and says how much that was', async () => {
    const { descriptor, bytes } = contentOf(12_345, 5);
    await world.store.put(descriptor, bytesOf(bytes));
    assert.deepEqual((await storeUsage(world.store, HOST)).unused, { count: 1, bytes: 12_345 });
    assert.equal((await pruneStore(world.store, HOST, { labels: ['none'] })).bytes, 12_345);
    assert.deepEqual((await storeUsage(world.store, HOST)).unused, { count: 0, bytes: 0 });
  });

  it('keeps partial downloads but for those beyond the bounds', async () => {
    const { descriptor, bytes } = contentOf(50_000, 6);
    const ingest = await world.store.ingest(descriptor);
    ingest?.write(0, bytes.subarray(0, 20_000));
    await ingest?.release();
    assert.equal((await storeUsage(world.store, HOST)).partials.count, 1);
    assert.deepEqual((await pruneStore(world.store, HOST)).partials, []);
    const { partials } = await pruneStore(world.store, HOST, { partials: { maxSize: 1 } });
    assert.deepEqual(partials, [descriptor.digest]);
  });
});

describe('usage', () => {
  it('tells what images share', async () => {
    await world.keep('docker.io/library/again:1', NAMED);
    const { images, imageBytes } = await storeUsage(world.store, HOST);
    const named = images.find(({ id }) => id === NAMED.config.digest);
    assert.deepEqual(named?.names, [
      { repository: 'again', tag: '1' },
      { repository: 'named', tag: '1' },
    ]);
    assert.equal(named.shared, 0);
    assert.equal(
      named.size,
      [...NAMED.blobs.values()].reduce((sum, { length }) => sum + length, 0),
    );
    const stored = (await world.store.blobs()).reduce((sum, { size }) => sum + size, 0);
    assert.equal(imageBytes, stored);
  });
});
