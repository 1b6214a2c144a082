import { bytesOf } from '#bytes';
import type { Digest } from '#oci';
import { contentOf, described, type LayerContent, layerOf } from './content.ts';
import { holds, lacks, rejects } from './expect.ts';
import type { OpenStore, StoreTest } from './store.ts';

const OTHER: Digest = contentOf(10, 1).descriptor.digest;

type Keep = (place: OpenStore, layer: LayerContent, diffId: Digest) => Promise<void>;

const byPut: Keep = ({ store }, { descriptor, bytes }, diffId) => store.put(descriptor, bytesOf(bytes), { diffId });

/** The second half comes first. */
const byIngest: Keep = async ({ store }, { descriptor, bytes }, diffId) => {
  const ingest = await store.ingest?.(descriptor, { diffId });
  const half = Math.floor(bytes.length / 2);
  try {
    ingest?.write(half, bytes.subarray(half));
    ingest?.write(0, bytes.subarray(0, half));
    await ingest?.commit();
  } finally {
    await ingest?.release();
  }
};

/** What comes uncompressed out of a layer is what the image's config says, or the layer is refused. */
export function layerCases(test: StoreTest, ingest: boolean): void {
  casesOf(test, 'put', byPut);
  if (ingest) casesOf(test, 'ingest', byIngest);
}

function casesOf(test: StoreTest, way: string, keep: Keep): void {
  for (const compression of ['none', 'gzip'] as const) {
    test(`${way}: takes a layer (${compression}) with its diff_id`, async (place) => {
      const layer = layerOf(700_000, compression);
      await keep(place, layer, layer.diffId);
      await holds(place.store, layer);
    });
    test(`${way}: refuses a layer (${compression}) with another diff_id`, async (place) => {
      const layer = layerOf(700_000, compression);
      await rejects(keep(place, layer, OTHER), 'DIFF_ID_MISMATCH');
      await lacks(place.store, layer);
      await keep(place, layer, layer.diffId);
      await holds(place.store, layer);
    });
  }
  test(`${way}: takes a diff_id of sha512`, async (place) => {
    const layer = layerOf(10_000, 'gzip', 'sha512');
    await keep(place, layer, layer.diffId);
    await holds(place.store, layer);
  });
  test(`${way}: refuses gzip that is cut short, although its digest is right`, async (place) => {
    const whole = layerOf(300_000, 'gzip');
    const layer = { ...described(whole.bytes.subarray(0, 200_000)), diffId: whole.diffId };
    await rejects(keep(place, layer, layer.diffId), 'CORRUPT_LAYER');
    await lacks(place.store, layer);
  });
  test(`${way}: refuses gzip that is damaged, although its digest is right`, async (place) => {
    const whole = layerOf(300_000, 'gzip');
    const bytes = Buffer.from(whole.bytes);
    bytes.fill(0xff, 150_000, 150_400);
    const layer = { ...described(bytes), diffId: whole.diffId };
    await rejects(keep(place, layer, layer.diffId), 'CORRUPT_LAYER', 'DIFF_ID_MISMATCH');
    await lacks(place.store, layer);
  });
}
