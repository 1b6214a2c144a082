import type { Bytes } from '#bytes';
import type { PutOptions } from '#content';
import type { Descriptor } from '#oci';
import { openFileIngest, type RangeJournal } from '../file-ingest.ts';
import type { FileRegion } from '../file-region.ts';
import { pourInto } from '../pour-into.ts';
import { type PartialArchive, tablesEnd } from './partial-file.ts';

const NO_JOURNAL: RangeJournal = { load: () => [], note: () => undefined, clear: () => undefined };

/** Where content stands that came as a whole, until it is verified: behind everything else in the partial file. */
export class Spool {
  readonly #partial: PartialArchive;
  readonly #guard: () => void;
  #users = 0;
  #end: number;

  constructor(partial: PartialArchive, guard: () => void) {
    this.#partial = partial;
    this.#guard = guard;
    this.#end = tablesEnd(partial);
  }

  /** Takes the content in and, when it is what it must be, gives its place to `move`, which is done before the place is used again. */
  async take(
    target: Descriptor,
    content: Bytes,
    options: PutOptions & { move(from: FileRegion): Promise<void> },
  ): Promise<void> {
    const { fs, fd, path } = this.#partial;
    const region: FileRegion = { fs, fd, base: this.#end, path };
    this.#users += 1;
    this.#end += target.size;
    const ingest = openFileIngest({
      ...region,
      target,
      diffId: options.diffId,
      fs,
      guard: this.#guard,
      journal: NO_JOURNAL,
      finish: () => options.move(region),
      close: async () => this.#leave(),
    });
    await pourInto(ingest, content, { signal: options.signal });
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#end = tablesEnd(this.#partial);
    this.#partial.fs.ftruncateSync(this.#partial.fd, this.#end);
  }
}
