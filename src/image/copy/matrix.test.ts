import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Descriptor, type Digest, formatPlatform } from '#oci';
import { buildImage, buildIndex, buildLayer, helloImage, type TestGraph, type TestRegistry } from '#testing';
import type { CopyOptions } from './copy-result.ts';
import { World } from './world.test.fixture.ts';

const shared = buildLayer({ fill: 200_000 });
const plainLayer = buildLayer({ files: [{ name: 'a', content: 'a'.repeat(5000) }], compression: 'none' });
const zstdLayer = buildLayer({ files: [{ name: 'z', content: 'z'.repeat(5000) }], compression: 'zstd' });
const LINUX = (architecture: string) => ({ os: 'linux', architecture });

function threePlatforms(): TestGraph {
  const images = ['amd64', 'arm64', 's390x'].map((architecture) =>
    buildImage({ platform: LINUX(architecture), layers: [shared, { fill: 1000, files: [{ name: architecture }] }] }),
  );
  const attested = images.map((image) => {
    const attestation = buildImage({
      platform: { os: 'unknown', architecture: 'unknown' },
      layers: [{ files: [{ name: `statement of ${image.root.digest.slice(7, 20)}` }] }],
    });
    const annotations = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': image.root.digest,
    };
    const root: Descriptor = { ...attestation.root, annotations };
    return { graph: { ...attestation, root }, platform: { os: 'unknown', architecture: 'unknown' } };
  });
  return buildIndex([...images, ...attested]);
}

interface Shape {
  readonly name: string;
  readonly graph: TestGraph;
  readonly options?: CopyOptions;
  /** Digests kept: the root that is expected; else the platforms of the one that is made. */
  readonly expect: (graph: TestGraph) => Digest | readonly string[];
}

const index = threePlatforms();
const whole = ({ root }: TestGraph): Digest => root.digest;
const childOf = (graph: TestGraph, at: number): Digest => {
  const bytes = graph.blobs.get(graph.root.digest);
  const document = JSON.parse(Buffer.from(bytes ?? []).toString()) as { manifests: readonly Descriptor[] };
  return document.manifests[at]?.digest ?? 'sha256:none';
};

const SHAPES: readonly Shape[] = [
  { name: 'an OCI image', graph: buildImage({ layers: [shared, { fill: 3000 }] }), expect: whole },
  { name: 'a docker image', graph: buildImage({ flavour: 'docker', layers: [shared, { fill: 3000 }] }), expect: whole },
  { name: 'plain and zstd layers', graph: buildImage({ layers: [plainLayer, zstdLayer] }), expect: whole },
  { name: 'an index', graph: index, expect: whole },
  {
    name: 'a docker list',
    graph: buildIndex([helloImage('amd64', { flavour: 'docker' }), helloImage('arm64', { flavour: 'docker' })], {
      flavour: 'docker',
    }),
    expect: whole,
  },
  { name: 'an index within an index', graph: buildIndex([{ graph: index }]), expect: whole },
  {
    name: 'one platform of an index',
    graph: index,
    options: { platform: 'linux/arm64' },
    expect: (graph) => childOf(graph, 1),
  },
  {
    name: 'two platforms of an index',
    graph: index,
    options: { platform: ['linux/s390x', 'linux/amd64'] },
    expect: () => ['linux/amd64', 'linux/s390x', 'unknown/unknown', 'unknown/unknown'],
  },
];

const SOURCES = ['registry', 'store', 'oci-dir', 'oci-archive', 'docker-archive'] as const;
const TARGETS = [...SOURCES, 'tar.gz'] as const;

describe('a copy between any two places', () => {
  const world = new World();
  let origin: TestRegistry;
  let target: TestRegistry;
  const sources = new Map<string, string>();
  before(async () => {
    const images = Object.fromEntries(SHAPES.map(({ graph }, at) => [`image${at}:1`, graph]));
    origin = await world.registry({ images });
    target = await world.registry();
  });
  after(() => world.close());

  /** Where the image of a shape stands in a place, brought there when it is first asked for. */
  async function sourceOf(kind: (typeof SOURCES)[number], at: number): Promise<string> {
    const key = `${kind}${at}`;
    const known = sources.get(key);
    if (known !== undefined) return known;
    const remote = `docker://${origin.reference(`image${at}:1`)}`;
    const place =
      kind === 'registry'
        ? remote
        : kind === 'store'
          ? `store:image${at}:1`
          : `${kind === 'oci-dir' ? 'oci' : kind}:${world.path(key)}`;
    if (kind !== 'registry') await world.copy(remote, place);
    sources.set(key, place);
    return place;
  }

  let count = 0;
  function targetFor(kind: (typeof TARGETS)[number]): string {
    count += 1;
    if (kind === 'registry') return target.reference(`copies/of${count}:1`);
    if (kind === 'store') return `store:copies/of${count}:1`;
    if (kind === 'tar.gz') return `oci-archive:${world.path(`${count}.tar.gz`)}:1`;
    return `${kind === 'oci-dir' ? 'oci' : kind}:${world.path(`copy${count}`)}:one:1`;
  }

  for (const [at, shape] of SHAPES.entries()) {
    for (const from of SOURCES) {
      for (const to of TARGETS) {
        test(`${shape.name}, ${from} to ${to}`, async () => {
          const place = targetFor(to);
          const result = await world.copy(await sourceOf(from, at), place, shape.options);
          const { root, nodes } = await world.readBack(place);
          assert.equal(root.digest, result.root.digest);
          assert.equal(root.mediaType, result.root.mediaType);
          const expected = shape.expect(shape.graph);
          if (typeof expected === 'string') return assert.equal(root.digest, expected);
          const top = nodes.find(({ descriptor }) => descriptor.digest === root.digest)?.index;
          const platforms = top?.manifests.map(({ platform }) => (platform ? formatPlatform(platform) : '?'));
          assert.deepEqual(platforms, expected);
          assert.notEqual(root.digest, shape.graph.root.digest);
        });
      }
    }
  }

  test('a second time nothing moves', async () => {
    for (const kind of ['registry', 'oci-dir'] as const) {
      const place = targetFor(kind);
      const from = await sourceOf('registry', 3);
      assert.ok((await world.copy(from, place)).bytes.copied > 200_000);
      const asked = target.requests.length;
      const again = await world.copy(from, place);
      assert.equal(again.bytes.copied, 0);
      assert.equal(again.bytes.present, again.bytes.total);
      if (kind === 'registry')
        assert.ok(target.requests.slice(asked).every(({ method }) => method === 'HEAD' || method === 'GET'));
    }
  });
});
