import type { Writable } from 'node:stream';
import {
  compressGzip,
  type FlatPlan,
  flatLayer,
  listEntries,
  MemoryTree,
  planFlat,
  readLayer,
  TAR_END,
  type TarEntry,
} from '#archive';
import type { Bytes } from '#bytes';
import { type CallOptions, copyBlobs } from '#content';
import type { Digest, Platform } from '#oci';
import { SinkWriter, writeWholeFile } from '#store';
import { readOne } from '../files/open-image.ts';
import type { ResolvedImage } from '../place/read-images.ts';
import { type PlacedImage, withImage } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { gathered } from './gathered.ts';
import { layerContent } from './layer-content.ts';

export interface ExportOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]`; the machine's own (linux on other systems) by default. */
  readonly platform?: string | undefined;
  /** Most bytes that a layer may have when uncompressed; by default 4 GiB, or a hundred times what is stored of it. */
  readonly maxSize?: number | undefined;
  /** A file, which appears complete or not at all (`.tar.gz` and `.tgz` are gzipped), or a stream, which is not ended. */
  readonly output: { readonly path: string } | { readonly stream: Writable };
}

/** An image whose files were written. */
export interface ExportResult {
  /** The image as it was named. */
  readonly image: string;
  /** The image ID. */
  readonly id: Digest;
  readonly platform: Platform;
  /** Bytes written. */
  readonly size: number;
}

/**
 * Writes the files of one platform's image as one tar: what is left when all layers are applied, each entry from the layer that it is of. The same
 * image gives the same bytes. Layers are read twice: what is left is known when all were seen. Rejects as `unpackImage` does.
 */
export async function exportImage(text: string, places: Places, options: ExportOptions): Promise<ExportResult> {
  const { output, signal, onEvent } = options;
  return withImage(text, places, { plain: 'store-first', action: 'export', signal, onEvent }, async (placed) => {
    const image = await readOne(placed, places, options);
    const near = await broughtNear(placed, image, places, options);
    const tar = gathered(flatTar(near, image, options));
    const size =
      'stream' in output
        ? await writeStream(output.stream, tar, options)
        : await writeWholeFile(output.path, zipped(output.path, tar), { sync: places.sync, signal });
    return { image: placed.what, id: image.document.config.digest, platform: image.platform, size };
  });
}

/** What is read twice is brought from a registry once. */
async function broughtNear(
  placed: PlacedImage,
  image: ResolvedImage,
  places: Places,
  { signal, onEvent }: CallOptions,
): Promise<PlacedImage> {
  if (placed.place !== 'registry') return placed;
  const scratch = await places.scratch();
  const blobs = image.document.layers.map((target) => ({ target, role: 'layer' as const }));
  await copyBlobs(placed.source, scratch, blobs, { retries: places.retries, signal, onEvent });
  return { ...placed, place: 'store', source: scratch };
}

async function* flatTar(
  placed: PlacedImage,
  image: ResolvedImage,
  options: ExportOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const plan = await planOf(placed, image, options);
  for (const index of image.document.layers.keys()) {
    // An empty plan for a layer still has its end read and verified.
    yield* flatLayer(await entriesOf(placed, image, index, { ...options, onEvent: undefined }), plan.get(index));
  }
  yield TAR_END;
}

async function planOf(placed: PlacedImage, image: ResolvedImage, options: ExportOptions): Promise<FlatPlan> {
  const tree = new MemoryTree();
  const what = `the layers of ${placed.what}`;
  for (const layer of image.document.layers.keys()) {
    const entries = await entriesOf(placed, image, layer, options);
    tree.apply(await listEntries(entries, { layer, what, signal: options.signal }), { lowest: layer === 0 });
  }
  return planFlat(tree);
}

async function entriesOf(
  placed: PlacedImage,
  image: ResolvedImage,
  index: number,
  options: ExportOptions,
): Promise<AsyncIterable<TarEntry>> {
  const { content, ...layer } = await layerContent(image, index, placed, { ...options, retries: undefined });
  return readLayer(content, { ...layer, signal: options.signal });
}

function zipped(path: string, tar: Bytes): Bytes {
  return /\.(?:tar\.gz|tgz)$/.test(path) ? compressGzip(tar, 6) : tar;
}

async function writeStream(stream: Writable, tar: Bytes, { signal }: CallOptions): Promise<number> {
  const writer = new SinkWriter(stream, signal);
  try {
    for await (const chunk of tar) await writer.add(chunk);
    await writer.flush();
    return writer.written;
  } finally {
    writer.detach();
  }
}
