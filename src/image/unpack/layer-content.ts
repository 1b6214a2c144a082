import { mostUnpacked } from '#archive';
import type { Bytes } from '#bytes';
import { type CallOptions, continuedSource, verified } from '#content';
import { DrayError } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { systemClock } from '#timing';
import type { ResolvedImage } from '../place/read-images.ts';
import type { PlacedImage } from '../place/with-image.ts';

export interface LayerContentOptions extends CallOptions {
  readonly retries: number | undefined;
  /** Most bytes that a layer may have when uncompressed. */
  readonly maxSize?: number | undefined;
}

/** A layer with its content as it is stored, which is to be compared with the diff_id. */
export interface LayerContent {
  readonly what: string;
  readonly diffId: Digest;
  readonly mostBytes: number;
  readonly content: Bytes;
}

/** A layer's stored bytes, from wherever the image is; a connection that breaks is made anew where it stopped. Says how it goes on. */
export async function layerContent(
  image: ResolvedImage,
  index: number,
  placed: PlacedImage,
  options: LayerContentOptions,
): Promise<LayerContent> {
  const { retries, maxSize, signal, onEvent } = options;
  const target = image.document.layers[index];
  const diffId = image.config.rootfs.diffIds[index];
  if (target === undefined || diffId === undefined) throw new DrayError('BUG', `${placed.what} has no layer ${index}`);
  const source =
    placed.place === 'registry' ? continuedSource(placed.source, { retries, signal, onEvent }) : placed.source;
  const what = `the layer ${target.digest}`;
  const fetched = await source.fetch(target, { signal });
  const mostBytes = maxSize ?? mostUnpacked(target.size);
  // What is in the store was verified when it came.
  const content = placed.place === 'store' ? fetched : verified(fetched, target, what);
  return { what, diffId, mostBytes, content: told(content, target, options) };
}

/** Milliseconds between events. */
const EVERY = 100;

/** The bytes, with events of their progress. */
async function* told(
  bytes: Bytes,
  { digest, size }: Descriptor,
  { onEvent }: CallOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let received = 0;
  let last = systemClock.monotonic();
  onEvent?.({ kind: 'blob', role: 'layer', state: 'started', digest, size, received });
  for await (const chunk of bytes) {
    received += chunk.length;
    yield chunk;
    const now = systemClock.monotonic();
    if (now - last < EVERY) continue;
    last = now;
    onEvent?.({ kind: 'blob-progress', role: 'layer', digest, size, received });
  }
  onEvent?.({ kind: 'blob', role: 'layer', state: 'done', digest, size, received });
}
