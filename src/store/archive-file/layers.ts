import type { Descriptor, Digest } from '#oci';
import type { RangeJournal } from '../file-ingest.ts';
import { syncFile } from '../file-system.ts';
import { type PartialArchive, pageJournal, pagePosition, readTable, writeTable } from './partial-file.ts';

/** A layer's number and place in the archive. */
export interface Layer {
  readonly index: number;
  readonly digest: Digest;
  readonly offset: number;
  readonly size: number;
}

/** Which layers of a partial archive are there. One that is sealed is verified, and never written again. */
export class Layers {
  readonly #partial: PartialArchive;
  readonly #sync: boolean;
  readonly #byDigest: ReadonlyMap<Digest, Layer>;
  readonly #sealed = new Set<number>();

  constructor(partial: PartialArchive, sync: boolean) {
    this.#partial = partial;
    this.#sync = sync;
    const layers = partial.head.blobs.map(([digest, offset, size], index) => ({ index, digest, offset, size }));
    this.#byDigest = new Map(layers.map((layer) => [layer.digest, layer]));
    for (const { index } of layers) if (readTable(partial, index).sealed) this.#sealed.add(index);
  }

  find({ digest, size }: Descriptor): Layer | undefined {
    const layer = this.#byDigest.get(digest);
    return layer?.size === size ? layer : undefined;
  }

  missing(): Layer | undefined {
    return [...this.#byDigest.values()].find((layer) => !this.isSealed(layer));
  }

  isSealed({ index }: Layer): boolean {
    return this.#sealed.has(index);
  }

  /** True while there is nothing worth keeping. */
  isEmpty(): boolean {
    if (this.#sealed.size > 0) return false;
    return [...this.#byDigest.values()].every(({ index }) => readTable(this.#partial, index).ranges.length === 0);
  }

  /** The layer is in its place, flushed as far as that is wanted. */
  async seal(layer: Layer): Promise<void> {
    if (this.isSealed(layer)) return;
    writeTable(this.#partial, layer.index, { ranges: [{ start: 0, end: layer.size }], sealed: true });
    if (this.#sync) await syncFile(this.#partial.fs, this.#partial.fd);
    this.#sealed.add(layer.index);
  }

  journalPosition({ index }: Layer): number {
    return pagePosition(this.#partial, index);
  }

  journal(layer: Layer): RangeJournal {
    const page = pageJournal({ ...this.#partial, base: this.journalPosition(layer) });
    const note: RangeJournal['note'] = (ranges) => {
      if (!this.isSealed(layer)) page.note(ranges);
    };
    return { load: () => page.load(), note, clear: () => note([]) };
  }
}
