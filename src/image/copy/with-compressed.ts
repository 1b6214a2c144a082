import { type CallOptions, createLimit, type FetchOptions, type GraphNode, type Source } from '#content';
import { DrayError } from '#errors';
import {
  type Descriptor,
  type Digest,
  DOCKER_LAYER,
  DOCKER_LAYER_GZIP,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  parseManifest,
} from '#oci';
import type { Places } from '../places.ts';
import { type CompressedLayer, compressLayer } from './compress-layer.ts';
import { describe, rewriteGraph } from './rewrite-graph.ts';
import { manifestsOf, type Selection } from './selection.ts';

export interface CompressOptions extends CallOptions {
  readonly concurrency?: number | undefined;
}

const COMPRESSED_TYPES: ReadonlyMap<string, string> = new Map([
  [OCI_LAYER, OCI_LAYER_GZIP],
  [DOCKER_LAYER, DOCKER_LAYER_GZIP],
]);
/** Threads that zlib has; each layer takes one. */
const MOST_AT_ONCE = 4;

/**
 * Lets `work` use the selection with its uncompressed layers compressed, in manifests and indexes written anew. What a layer became is remembered in
 * the store: the next time it is the same, and is compressed only where the target wants its bytes.
 */
export async function withCompressed<T>(
  selection: Selection,
  places: Places,
  options: CompressOptions,
  work: (selection: Selection) => Promise<T>,
): Promise<T> {
  const layers = manifestsOf(selection)
    .flatMap((manifest) => manifest.layers)
    .filter(({ mediaType }) => COMPRESSED_TYPES.has(mediaType));
  if (layers.length === 0) return work(selection);
  const compressor = new Compressor(selection.source, places, options);
  try {
    await compressor.prepare([...new Map(layers.map((layer) => [layer.digest, layer])).values()]);
    for (;;) {
      try {
        return await work(compressor.apply(selection));
      } catch (error) {
        if (!compressor.isOutdated(error)) throw error;
      }
    }
  } finally {
    await compressor.close();
  }
}

type Compressed = Pick<CompressedLayer, 'digest' | 'size'>;

class Compressor {
  readonly #source: Source;
  readonly #places: Places;
  readonly #options: CompressOptions;
  /** What each layer becomes. */
  readonly #became = new Map<Digest, Compressed>();
  readonly #layers = new Map<Digest, Descriptor>();
  /** By the layer. */
  readonly #spooled = new Map<Digest, Promise<CompressedLayer>>();
  /** Thrown where a layer does not become any more what it became once. */
  readonly #outdated = new DrayError('BUG', 'a layer is compressed in another way now');

  constructor(source: Source, places: Places, options: CompressOptions) {
    this.#source = source;
    this.#places = places;
    this.#options = options;
  }

  async prepare(layers: readonly Descriptor[]): Promise<void> {
    const store = await this.#places.store();
    const limit = createLimit(Math.min(this.#options.concurrency ?? MOST_AT_ONCE, MOST_AT_ONCE));
    const work = layers.map(async (layer) => {
      this.#layers.set(layer.digest, layer);
      const known = store.compressed(layer.digest);
      if (known !== undefined) {
        this.#tell(layer, 'replaced');
        return this.#became.set(layer.digest, known);
      }
      const leave = await limit.acquire(this.#options.signal);
      try {
        return this.#became.set(layer.digest, await this.#compress(layer));
      } finally {
        leave();
      }
    });
    const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** The selection as it is with what is known now. */
  apply(selection: Selection): Selection {
    const change = (node: GraphNode): GraphNode =>
      node.manifest?.layers.some(({ mediaType }) => COMPRESSED_TYPES.has(mediaType)) === true
        ? this.#rewrite(node)
        : node;
    const { root, nodes } = rewriteGraph(selection.root, selection.nodes, change);
    const changed = new Map(selection.nodes.map((node) => [node.descriptor.digest, change(node)]));
    return {
      ...selection,
      source: this.#overlaid(),
      root,
      nodes,
      images: selection.images.map((image) => {
        const now = changed.get(image.manifest.digest);
        if (now?.manifest === undefined) return image;
        return { ...image, manifest: now.descriptor, document: now.manifest };
      }),
    };
  }

  isOutdated(error: unknown): boolean {
    for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth += 1) {
      if (cause === this.#outdated) return true;
    }
    return false;
  }

  async close(): Promise<void> {
    const spooled = await Promise.allSettled(this.#spooled.values());
    for (const one of spooled) if (one.status === 'fulfilled') await one.value.spool.close();
  }

  #rewrite(node: GraphNode): GraphNode {
    const { descriptor, bytes } = node;
    const document = JSON.parse(Buffer.from(bytes).toString('utf8')) as { layers: readonly Descriptor[] };
    const layers = document.layers.map((layer) => {
      const now = this.#became.get(layer.digest);
      const mediaType = COMPRESSED_TYPES.get(layer.mediaType);
      return now === undefined || mediaType === undefined ? layer : { ...layer, mediaType, ...sized(now) };
    });
    const rewritten = new TextEncoder().encode(JSON.stringify({ ...document, layers }));
    return {
      descriptor: describe(descriptor, rewritten),
      bytes: rewritten,
      manifest: parseManifest(rewritten, descriptor.mediaType),
    };
  }

  /** The source, with the compressed layers. */
  #overlaid(): Source {
    const source = this.#source;
    const layers = new Map([...this.#became].map(([layer, { digest }]) => [digest, this.#layers.get(layer)]));
    return {
      has: async (target, options) => layers.has(target.digest) || source.has(target, options),
      fetch: async (target, options) => {
        const layer = layers.get(target.digest);
        if (layer === undefined || (!this.#spooled.has(layer.digest) && (await source.has(target, options)))) {
          return source.fetch(target, options);
        }
        return this.#read(layer, target, options);
      },
    };
  }

  async #read(layer: Descriptor, target: Descriptor, options: FetchOptions | undefined) {
    const { digest, size, spool } = await this.#compress(layer);
    if (digest === target.digest) return spool.fetch(options);
    this.#became.set(layer.digest, { digest, size });
    throw this.#outdated;
  }

  #tell({ digest, size }: Descriptor, state: 'compressing' | 'replaced'): void {
    this.#options.onEvent?.({ kind: 'blob', digest, size, role: 'layer', state, received: 0 });
  }

  #compress(layer: Descriptor): Promise<CompressedLayer> {
    const known = this.#spooled.get(layer.digest);
    if (known !== undefined) return known;
    const compressing = this.#compressNow(layer);
    this.#spooled.set(layer.digest, compressing);
    return compressing;
  }

  async #compressNow(layer: Descriptor): Promise<CompressedLayer> {
    const { signal, onEvent } = this.#options;
    this.#tell(layer, 'compressing');
    const store = await this.#places.store();
    const folder = await store.workFolder({ signal }).catch(async () => (await this.#places.scratch()).root);
    const { retries } = this.#places;
    const compressed = await compressLayer(this.#source, layer, { folder, retries, signal, onEvent });
    const mediaType = COMPRESSED_TYPES.get(layer.mediaType) ?? layer.mediaType;
    // A store that cannot be written remembers nothing, and nothing is wrong with that.
    await store
      .rememberCompressed(layer.digest, { mediaType, ...sized(compressed) }, { signal })
      .catch(() => undefined);
    this.#tell(layer, 'replaced');
    return compressed;
  }
}

function sized({ digest, size }: Compressed): Compressed {
  return { digest, size };
}
