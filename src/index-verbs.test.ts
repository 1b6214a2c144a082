import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { hasCode } from '#errors';
import { parseIndex } from '#oci';
import { buildImage, buildIndex, type RegistryOptions, startRegistry, status, type TestRegistry } from '#testing';
import { createDray } from './create-dray.ts';
import type { Dray } from './dray.ts';

const opened: (Dray | TestRegistry)[] = [];
after(() => Promise.all(opened.map((one) => one.close())));

const platform = (architecture: string) => ({ os: 'linux', architecture });
const amd64 = buildImage({ platform: platform('amd64'), layers: [{ fill: 1000, seed: 'a' }] });
const newAmd64 = buildImage({ platform: platform('amd64'), layers: [{ fill: 1000, seed: 'b' }] });
const arm64 = buildImage({ platform: platform('arm64'), layers: [{ fill: 1000, seed: 'c' }] });
const s390x = buildImage({ platform: platform('s390x'), layers: [{ fill: 1000, seed: 'd' }] });

async function serve(options: RegistryOptions): Promise<[TestRegistry, Dray]> {
  const registry = await startRegistry(options);
  const dray = createDray({ root: '/nowhere', env: {}, retries: 0 });
  opened.push(registry, dray);
  return [registry, dray];
}

/** Architecture and digest of each entry, as the registry has the index. */
function entriesOf(registry: TestRegistry, repository: string, tag: string): Record<string, string> {
  const digest = registry.tag(repository, tag) ?? '';
  const bytes = registry.blob(repository, digest) ?? new Uint8Array();
  const { mediaType } = JSON.parse(Buffer.from(bytes).toString()) as { mediaType: string };
  const index = parseIndex(bytes, mediaType);
  return Object.fromEntries(
    index.manifests.map((entry) => [entry.platform?.architecture ?? entry.digest, entry.digest]),
  );
}

test('an index of images from other repositories, which come along', async () => {
  const [registry, dray] = await serve({ images: { 'one:1': amd64, 'two:1': arm64 } });
  const target = registry.reference('app:1');
  const made = await dray.createIndex(target, [registry.reference('one:1'), registry.reference('two:1')]);
  assert.equal(registry.tag('app', '1'), made.root.digest);
  const expected = { amd64: amd64.root.digest, arm64: arm64.root.digest };
  assert.deepEqual(entriesOf(registry, 'app', '1'), expected);
  for (const image of [amd64, arm64]) {
    for (const { digest } of [image.root, ...image.layers]) assert.ok(registry.blob('app', digest), digest);
  }
});

test('of an index all entries, or those of a platform', async () => {
  const [registry, dray] = await serve({ images: { 'multi:1': buildIndex([amd64, arm64, s390x]) } });
  const source = registry.reference('multi:1');
  await dray.createIndex(registry.reference('all:1'), [source]);
  assert.deepEqual(Object.keys(entriesOf(registry, 'all', '1')), ['amd64', 'arm64', 's390x']);
  await dray.createIndex(registry.reference('some:1'), [source], { platform: ['linux/arm64', 'linux/s390x'] });
  assert.deepEqual(Object.keys(entriesOf(registry, 'some', '1')), ['arm64', 's390x']);
});

test('appending takes the place of the same platform', async () => {
  const [registry, dray] = await serve({
    images: { 'app:1': buildIndex([amd64, arm64]), 'new:1': newAmd64, 'new:2': s390x },
  });
  await dray.appendToIndex(registry.reference('app:1'), [registry.reference('new:1'), registry.reference('new:2')], {
    annotations: { 'org.example': 'x' },
  });
  const expected = { arm64: arm64.root.digest, amd64: newAmd64.root.digest, s390x: s390x.root.digest };
  assert.deepEqual(entriesOf(registry, 'app', '1'), expected);
});

test('removing by platform and by digest leaves the manifests', async () => {
  const [registry, dray] = await serve({ images: { 'app:1': buildIndex([amd64, arm64, s390x]) } });
  const target = registry.reference('app:1');
  await dray.removeFromIndex(target, { platform: 'linux/arm64', digests: [s390x.root.digest] });
  assert.deepEqual(entriesOf(registry, 'app', '1'), { amd64: amd64.root.digest });
  assert.ok(registry.blob('app', arm64.root.digest));
});

test('what cannot be: changes nothing', async () => {
  const index = buildIndex([amd64, arm64]);
  const images = { 'app:1': index, 'one:1': amd64, 'new:1': newAmd64 };
  const [registry, dray] = await serve({ images });
  const target = registry.reference('app:1');
  const of = (name: string): string => registry.reference(name);
  const cases: readonly (readonly [() => Promise<unknown>, Parameters<typeof hasCode>[1]])[] = [
    [() => dray.createIndex(target, [of('one:1'), of('new:1')]), 'INVALID_OPTION'],
    [() => dray.createIndex(target, [of('none:1')]), 'NAME_UNKNOWN'],
    [() => dray.createIndex(`${of('app')}@${amd64.root.digest}`, [of('one:1')]), 'INVALID_REFERENCE'],
    [() => dray.appendToIndex(of('one:1'), [of('new:1')]), 'UNSUPPORTED'],
    [() => dray.appendToIndex(of('app:2'), [of('new:1')]), 'MANIFEST_UNKNOWN'],
    [() => dray.removeFromIndex(target, {}), 'INVALID_OPTION'],
    [() => dray.removeFromIndex(target, { platform: 'linux/riscv64' }), 'PLATFORM_UNKNOWN'],
    [() => dray.removeFromIndex(target, { digests: [newAmd64.root.digest] }), 'MANIFEST_UNKNOWN'],
  ];
  for (const [at, [call, code]] of cases.entries()) {
    await assert.rejects(call(), (error) => hasCode(error, code), `case ${at} is ${code}`);
  }
  assert.equal(registry.tag('app', '1'), index.root.digest);
  assert.deepEqual(
    registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD'),
    [],
  );
});

test('an image that cannot be fetched leaves the index as it was', async () => {
  const index = buildIndex([amd64, arm64]);
  const [registry, dray] = await serve({
    images: { 'app:1': index, 'new:1': s390x },
    faults: [status(500, { kind: 'blob', method: 'GET', repository: 'new' })],
  });
  await assert.rejects(dray.appendToIndex(registry.reference('app:1'), [registry.reference('new:1')]));
  assert.equal(registry.tag('app', '1'), index.root.digest);
});
