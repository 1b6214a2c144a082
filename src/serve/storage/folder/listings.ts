import { BoundedCache } from '#store';
import type { Clock } from '#timing';
import type { DataFolder } from './data-folder.ts';
import { isStill, type Stamp, stampOf } from './stamp.ts';

/** Bytes of memory for the names of folders. */
const MOST = 64 * 1024 * 1024;

export interface Listing {
  /** Sorted by their bytes. */
  readonly names: readonly string[];
  readonly stamp: Stamp;
}

/** The names in folders, each read once for as long as its folder does not change. */
export class Listings {
  readonly #files: DataFolder;
  readonly #clock: Clock;
  readonly #known = new BoundedCache<Listing>(MOST);

  constructor(files: DataFolder, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  /** Undefined: there is no such folder. The same object is given again for as long as the folder does not change. */
  of(folder: string): Listing | undefined {
    const stats = this.#files.stat(folder);
    if (stats === undefined) return undefined;
    const known = this.#known.get(folder);
    if (known !== undefined && isStill(known.stamp, stats)) return known;
    const stamp = stampOf(stats, this.#clock.now());
    const names = this.#files.list(folder).toSorted();
    const listing: Listing = { names, stamp };
    this.#known.set(
      folder,
      listing,
      names.reduce((sum, name) => sum + name.length + 40, folder.length + 300),
    );
    return listing;
  }

  names(folder: string): readonly string[] {
    return this.of(folder)?.names ?? [];
  }
}
