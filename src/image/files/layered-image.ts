import { decompress, type LayerItem, listLayer, mostUnpacked, readTar } from '#archive';
import type { Bytes } from '#bytes';
import { type CallOptions, copyBlobs, type Source, type Store, verified } from '#content';
import { DrayError } from '#errors';
import type { Descriptor } from '#oci';
import type { ResolvedImage } from '../place/read-images.ts';

export interface LayeredImageOptions extends CallOptions {
  /** For messages: the image's name. */
  readonly what: string;
  /** Where layers are read. */
  readonly source: Source;
  /** What they are brought from into `source` before they are read, verified on the way; without it they are verified when they are listed. */
  readonly remote?: { readonly source: Source; readonly into: Store; readonly retries: number | undefined } | undefined;
  /** The content of `source` was verified when it was kept. */
  readonly verified: boolean;
}

/** Of all layers that are listed: half a gigabyte of memory. */
const MOST_ENTRIES = 1_000_000;

/** One image whose layers are looked into: each is brought and listed when it is first needed, and then held. */
export class LayeredImage {
  readonly image: ResolvedImage;
  readonly layers: readonly Descriptor[];
  /** For messages: the image's name. */
  readonly what: string;
  readonly #options: LayeredImageOptions;
  #entries = 0;
  readonly #items = new Map<number, Promise<readonly LayerItem[]>>();

  /** It is open only as long as the work for which it was opened. */
  readonly isBorrowed: boolean;

  constructor(image: ResolvedImage, options: LayeredImageOptions) {
    this.image = image;
    this.layers = image.document.layers;
    this.what = options.what;
    this.isBorrowed = options.remote === undefined;
    this.#options = options;
  }

  /** The entries of one layer (0 is the base), in its order. Its digest has been verified. */
  async items(layer: number): Promise<readonly LayerItem[]> {
    const known = this.#items.get(layer);
    if (known !== undefined) return known;
    const listed = this.bring([layer]).then(() => this.#list(layer));
    this.#items.set(layer, listed);
    return listed;
  }

  /** Whether layers can be read without anything being fetched. */
  async hasAll(layers: readonly number[]): Promise<boolean> {
    const { source, signal } = this.#options;
    for (const layer of layers) if (!(await source.has(this.layer(layer), { signal }))) return false;
    return true;
  }

  /** Makes layers ready to be read, several at a time. */
  async bring(layers: readonly number[]): Promise<void> {
    const { remote, signal, onEvent } = this.#options;
    if (remote === undefined) return;
    const work = layers.map((layer) => ({
      target: this.layer(layer),
      role: 'layer' as const,
      diffId: this.image.config.rootfs.diffIds[layer],
    }));
    await copyBlobs(remote.source, remote.into, work, { retries: remote.retries, signal, onEvent });
  }

  /**
   * Calls `take` with the content of the files that `items` made, all of one layer, in the layer's order. `items` were listed here, so that the
   * whole layer has been verified; it is read again, as far as the last of them.
   */
  async contents(items: readonly LayerItem[], take: (item: LayerItem, bytes: Bytes) => Promise<void>): Promise<void> {
    const wanted = new Map(items.map((item) => [item.offset, item]));
    const [first] = items;
    if (first === undefined) return;
    const what = this.#what(first.layer);
    for await (const { offset, bytes } of readTar(this.#unpacked(first.layer, await this.#fetch(first.layer)), what)) {
      const item = wanted.get(offset);
      if (item === undefined) continue;
      await take(item, bytes);
      wanted.delete(offset);
      if (wanted.size === 0) return;
    }
    throw new DrayError('CORRUPT_LAYER', `${what} has changed while it was read`);
  }

  async #list(layer: number): Promise<readonly LayerItem[]> {
    const { signal } = this.#options;
    const target = this.layer(layer);
    const fetched = await this.#fetch(layer);
    const content = this.#options.verified ? fetched : verified(fetched, target, this.#what(layer));
    const unpacked = this.#unpacked(layer, content);
    const most = MOST_ENTRIES - this.#entries;
    const items = await listLayer(keptOpen(unpacked), { layer, what: this.#what(layer), most, signal });
    this.#entries += items.length;
    // What follows the end of the tar counts for the digest too.
    for await (const _ of unpacked);
    return items;
  }

  #fetch(layer: number): Promise<Bytes> {
    return this.#options.source.fetch(this.layer(layer), { signal: this.#options.signal });
  }

  async *#unpacked(layer: number, content: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
    const most = mostUnpacked(this.layer(layer).size);
    let size = 0;
    for await (const chunk of decompress(content)) {
      size += chunk.length;
      if (size > most) {
        throw new DrayError('TOO_LARGE', `${this.#what(layer)} unpacks to more than ${most} bytes: it may be a bomb`);
      }
      yield chunk;
    }
  }

  /** One layer; 0 is the base. */
  layer(layer: number): Descriptor {
    const target = this.layers[layer];
    if (target === undefined) throw new DrayError('BUG', `${this.what} has no layer ${layer}`);
    return target;
  }

  #what(layer: number): string {
    return `the layer ${this.layer(layer).digest} of ${this.what}`;
  }
}

/** Whoever stops reading does not end it. */
function keptOpen(bytes: AsyncGenerator<Uint8Array, void, undefined>): Bytes {
  return { [Symbol.asyncIterator]: () => ({ next: () => bytes.next() }) };
}
