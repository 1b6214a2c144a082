import { readAll } from '#bytes';
import type { CallOptions } from '#content';
import { isDrayError } from '#errors';
import type { Descriptor } from '#oci';
import type { DiskStore } from '#store';
import type { KeptImage } from './kept-root.ts';

/** Headers in a layer that are looked at: one that has more is counted whole. */
const MOST_HEADERS = 200_000;

/**
 * What the files of a layer hold, which is the size that docker shows; what it is when unpacked, or as it is, where that is not known. Of a layer that
 * lies in the store uncompressed the headers are read once.
 */
export async function layerSize(layer: Descriptor, store: DiskStore, options: CallOptions): Promise<number> {
  const facts = store.layerFacts(layer.digest);
  if (facts?.content !== undefined) return facts.content;
  if (facts?.diffId !== layer.digest) return facts?.size ?? layer.size;
  try {
    const content = await contentOf(layer, store, options);
    if (content === undefined) return facts.size;
    await store.rememberLayer(layer.digest, { ...facts, content }, { signal: options.signal });
    return content;
  } catch (error) {
    if (!isDrayError(error) || error.code === 'CANCELLED') throw error;
    return facts.size;
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

export async function imageSize({ document }: KeptImage, store: DiskStore, options: CallOptions): Promise<number> {
  let sum = 0;
  for (const layer of document.layers) sum += await layerSize(layer, store, options);
  return sum;
}
