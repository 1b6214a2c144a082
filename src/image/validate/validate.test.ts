import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { bytesOf } from '#bytes';
import {
  buildImage,
  buildIndex,
  buildLayer,
  cutAfter,
  digestOf,
  extraBytes,
  type Fault,
  flipByte,
  status,
  type TestGraph,
  type TestImage,
  truncate,
} from '#testing';
import { LookWorld } from '../files/look-world.test.fixture.ts';
import { type ValidateOptions, type Validation, validateImage } from './validate.ts';

let world: LookWorld;
beforeEach(() => {
  world = new LookWorld();
});
afterEach(() => world.close());

const ARM = { os: 'linux', architecture: 'arm64' };

/** Codes of all faults, those of the graph first. */
function codes({ faults, images }: Validation): string {
  return [...faults, ...images.flatMap((image) => image.faults)].map(({ code }) => code).join(' ');
}

async function validate(
  image: TestGraph,
  options: ValidateOptions = {},
  faults: NonNullable<Parameters<LookWorld['registry']>[0]['faults']> = [],
): Promise<Validation> {
  const registry = await world.registry({ images: { 'app:1': image }, faults });
  return validateImage(`${registry.host}/app:1`, world.places, options);
}

/** The image without some of its blobs, or with others in their place. */
function withBlobs(image: TestImage, change: (blobs: Map<string, Uint8Array>) => void): TestGraph {
  const blobs = new Map<string, Uint8Array>(image.blobs);
  change(blobs);
  return { ...image, blobs } as TestGraph;
}

describe('what is wrong is found', () => {
  const two = buildImage({
    layers: [
      { fill: 3000, seed: 'a' },
      { fill: 3000, seed: 'b' },
    ],
  });
  const [first, second] = two.layers;
  assert.ok(first !== undefined && second !== undefined);
  const garbage = buildLayer({ compression: 'none' });

  const cases: readonly (readonly [what: string, image: TestGraph, expected: string])[] = [
    ['nothing', two, ''],
    ['zstd, in frames', buildImage({ layers: [{ fill: 300_000, compression: 'zstd', frames: 3 }] }), ''],
    ['docker types', buildImage({ flavour: 'docker', layers: [{ fill: 300, compression: 'none' }] }), ''],
    ['a layer is missing', withBlobs(two, (blobs) => blobs.delete(first.digest)), 'BLOB_UNKNOWN'],
    [
      'two layers are missing',
      withBlobs(two, (blobs) => void (blobs.delete(first.digest), blobs.delete(second.digest))),
      'BLOB_UNKNOWN BLOB_UNKNOWN',
    ],
    ['the config is missing', withBlobs(two, (blobs) => blobs.delete(two.config.digest)), 'BLOB_UNKNOWN'],
    [
      'a diff_id is wrong',
      buildImage({
        layers: [first, second],
        editConfig: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [first.diffId, first.diffId] } }),
      }),
      'DIFF_ID_MISMATCH',
    ],
    [
      'there is a diff_id too many, and the history agrees with none',
      buildImage({
        layers: [first],
        editConfig: (config) => ({
          ...config,
          rootfs: { type: 'layers', diff_ids: [first.diffId, second.diffId] },
          history: [{ created_by: 'a' }, { created_by: 'b' }, { created_by: 'c' }],
        }),
      }),
      'MANIFEST_INVALID MANIFEST_INVALID',
    ],
    [
      'the history has a step too few',
      buildImage({ layers: [first, second], editConfig: (config) => ({ ...config, history: [{ created_by: 'a' }] }) }),
      'MANIFEST_INVALID',
    ],
    [
      'no history at all',
      buildImage({ layers: [first], editConfig: (config) => ({ ...config, history: undefined }) }),
      '',
    ],
    [
      'steps without a layer',
      buildImage({ layers: [first], editConfig: (config) => ({ ...config, history: [{}, { empty_layer: true }] }) }),
      '',
    ],
    ['a layer that is no tar', brokenTar(), 'CORRUPT_LAYER'],
    ['the config is no JSON', buildImage({ editConfig: () => 'no config' }), 'MANIFEST_INVALID'],
    ['an empty layer', buildImage({ layers: [garbage] }), ''],
  ];
  for (const [what, image, expected] of cases) {
    test(what, async () => {
      const found = await validate(image);
      assert.equal(codes(found), expected);
      assert.equal(found.valid, expected === '');
    });
  }

  const onTheWay: readonly (readonly [what: string, fault: Fault, expected: string])[] = [
    ['a byte is another', flipByte(5, { kind: 'blob', reference: second.digest }), 'DIGEST_MISMATCH CORRUPT_LAYER'],
    ['bytes are missing', truncate(100, { kind: 'blob', reference: second.digest }), 'SIZE_MISMATCH CORRUPT_LAYER'],
    ['there are more', extraBytes(9, { kind: 'blob', reference: second.digest, announced: true }), 'SIZE_MISMATCH'],
    ['the config is another', flipByte(5, { kind: 'blob', reference: two.config.digest }), 'DIGEST_MISMATCH'],
    ['the connection breaks once', cutAfter(1000, { kind: 'blob', reference: first.digest, times: 1 }), ''],
  ];
  for (const [what, fault, expected] of onTheWay) {
    test(`on the way: ${what}`, async () => {
      const found = await validate(two, {}, [fault]);
      assert.equal(codes(found).split(' ')[0], expected.split(' ')[0], codes(found));
      assert.equal(found.valid, expected === '');
    });
  }
});

test('what is no fault of the image rejects', async () => {
  const image = buildImage();
  await assert.rejects(validate(image, {}, [status(403, { kind: 'blob' })]), { code: 'DENIED' });
  await assert.rejects(validate(image, { signal: AbortSignal.abort() }), { code: 'CANCELLED' });
});

describe('of an index', () => {
  const amd64 = buildImage({ layers: [{ fill: 2000, seed: 'x' }] });
  const arm64 = buildImage({ platform: ARM, layers: [{ fill: 2000, seed: 'x' }, { fill: 100 }] });

  test('the platform that is asked for, or all; a layer of two images is read once', async () => {
    const registry = await world.registry({ images: { 'app:1': buildIndex([amd64, arm64]) } });
    const platforms = async (options: ValidateOptions): Promise<unknown> => {
      const { images } = await validateImage(`${registry.host}/app:1`, world.places, options);
      return images.map(({ platform }) => platform);
    };
    assert.deepEqual(await platforms({}), ['linux/amd64']);
    assert.deepEqual(await platforms({ platform: 'linux/arm64' }), ['linux/arm64']);
    const before = registry.served.of(amd64.layers[0]?.digest ?? 'sha256:');
    assert.deepEqual(await platforms({ allPlatforms: true }), ['linux/amd64', 'linux/arm64']);
    const size = amd64.layers[0]?.bytes.length;
    assert.equal(registry.served.of(amd64.layers[0]?.digest ?? 'sha256:') - before, size);
    await assert.rejects(platforms({ platform: 'linux/s390x' }), { code: 'PLATFORM_UNKNOWN' });
  });

  test('one that says another platform than the config', async () => {
    const wrong = buildIndex([{ graph: arm64, platform: { os: 'linux', architecture: 'amd64' } }]);
    assert.equal(codes(await validate(wrong)), 'MANIFEST_INVALID');
  });

  test('a missing manifest does not hide what is wrong with the others', async () => {
    const index = buildIndex([amd64, arm64]);
    const blobs = new Map(index.blobs);
    blobs.delete(arm64.root.digest);
    const [layer] = amd64.layers;
    if (layer !== undefined) blobs.delete(layer.digest);
    const found = await validate({ ...index, blobs }, { allPlatforms: true });
    assert.equal(codes(found), 'MANIFEST_UNKNOWN BLOB_UNKNOWN');
  });

  test('of what was pulled for one platform the others are not missing', async () => {
    const index = buildIndex([amd64, arm64]);
    const store = await world.places.store();
    for (const [digest, bytes] of index.blobs) {
      if (digest === arm64.root.digest) continue;
      const mediaType = index.manifests.get(digest) ?? 'application/octet-stream';
      await store.put({ mediaType, digest, size: bytes.length }, bytesOf(bytes));
    }
    await store.remember({ name: 'docker.io/library/app:1', root: index.root, manifests: [amd64.root] });
    const found = await validateImage('app:1', world.places, { allPlatforms: true });
    assert.deepEqual([found.valid, found.images.length], [true, 1]);
  });
});

test('fast asks for layers and reads none', async () => {
  const image = buildImage({ layers: [{ fill: 50_000 }] });
  const registry = await world.registry({ images: { 'app:1': image } });
  const name = `${registry.host}/app:1`;
  assert.equal((await validateImage(name, world.places, { fast: true })).valid, true);
  assert.equal(registry.served.of(image.layers[0]?.digest ?? 'sha256:'), 0);
  const gone = withBlobs(image, (blobs) => blobs.delete(image.layers[0]?.digest ?? ''));
  assert.equal(codes(await validate(gone, { fast: true })), 'BLOB_UNKNOWN');
});

test('nothing is kept', async () => {
  const image = buildImage();
  await validate(image);
  const store = await world.places.store();
  assert.deepEqual(
    await Promise.all(
      image.layers.map(({ digest, bytes }) => store.has({ mediaType: '', digest, size: bytes.length })),
    ),
    [false],
  );
});

function brokenTar(): TestImage {
  const good = buildLayer({ fill: 2000, compression: 'none' });
  const bytes = Buffer.from(good.bytes);
  // The checksum of the first header.
  bytes[148] = 0x39;
  return buildImage({ layers: [{ ...good, bytes, digest: digestOf(bytes), diffId: digestOf(bytes) }] });
}
