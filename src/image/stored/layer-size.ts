import { readAll } from '#bytes';
import type { CallOptions } from '#content';
import { isDrayError } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { BoundedCache, type DiskStore, type LayerFacts } from '#store';
import type { KeptImage } from './kept-image.ts';

/** What a layer takes, in bytes. */
export type SizeOf = (layer: Descriptor) => number;

export interface LayerSizes {
  readonly sizeOf: SizeOf;
  /** Whether all is known of them, so that none can change. */
  readonly isFinal: boolean;
}

/** Headers in a layer that are looked at: one that has more is counted whole. */
const MOST_HEADERS = 200_000;

/** What the files of layers hold, by their digests: that cannot change. */
const known = new WeakMap<DiskStore, BoundedCache<number>>();
/** Layers, of some 130 bytes of memory each. */
const MOST_KNOWN = 50_000;

/**
 * Finds what the files of the layers of these images hold, which is the size that docker shows; what a layer is when unpacked, or as it is, where that is
 * not known. Of a layer that lies in the store uncompressed the headers are read once.
 */
export async function layerSizes(
  images: Iterable<Pick<KeptImage, 'document'>>,
  store: DiskStore,
  options: CallOptions,
): Promise<LayerSizes> {
  const contents = known.get(store) ?? new BoundedCache<number>(MOST_KNOWN);
  known.set(store, contents);
  const sizes = new Map<Digest, number>();
  let isFinal = true;
  for (const { document } of images) {
    for (const layer of document.layers) {
      const { digest } = layer;
      if (sizes.has(digest)) continue;
      const before = contents.get(digest);
      const facts = before === undefined ? store.layerFacts(digest) : undefined;
      const content = before ?? (facts && (await findContent(layer, facts, store, options)));
      if (content !== undefined) contents.set(digest, content, 1);
      else isFinal = false;
      sizes.set(digest, content ?? facts?.size ?? layer.size);
    }
  }
  return { sizeOf: ({ digest, size }) => sizes.get(digest) ?? size, isFinal };
}

/** Bytes, the layers of an image added up. */
export function imageSize({ document }: Pick<KeptImage, 'document'>, sizeOf: SizeOf): number {
  return document.layers.reduce((sum, layer) => sum + sizeOf(layer), 0);
}

async function findContent(
  layer: Descriptor,
  facts: LayerFacts,
  store: DiskStore,
  options: CallOptions,
): Promise<number | undefined> {
  if (facts.content !== undefined || facts.diffId !== layer.digest) return facts.content;
  try {
    const content = await contentOf(layer, store, options);
    if (content !== undefined) {
      await store.rememberLayer(layer.digest, { ...facts, content }, { signal: options.signal });
    }
    return content;
  } catch (error) {
    if (!isDrayError(error) || error.code === 'CANCELLED') throw error;
    return undefined;
  }
}

async function contentOf(layer: Descriptor, store: DiskStore, { signal }: CallOptions): Promise<number | undefined> {
  const { BLOCK, ContentCount } = await import('#archive');
  const count = new ContentCount();
  for (let headers = 0; count.next < layer.size; headers += 1) {
    if (headers > MOST_HEADERS) return undefined;
    const offset = count.next;
    const end = Math.min(offset + BLOCK, layer.size);
    count.write(await readAll(await store.fetch(layer, { offset, end, signal }), BLOCK, layer.digest), offset);
  }
  return count.total;
}
