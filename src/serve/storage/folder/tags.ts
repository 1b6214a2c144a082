import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from '#errors';
import { firstAfter } from '../page.ts';
import type { Page, PageOptions } from '../port.ts';
import type { DataFolder } from './data-folder.ts';
import type { Links } from './links.ts';
import type { Listing, Listings } from './listings.ts';

/** Names looked at before others get their turn. */
const STRIDE = 500;

/** The tags of repositories by name; what they point to is read elsewhere. */
export class Tags {
  readonly #files: DataFolder;
  readonly #links: Links;
  readonly #listings: Listings;
  /** Names that have been seen whole. A folder of another name was left by a process that was stopped, or is being made by docker's registry. */
  readonly #whole = new WeakMap<Listing, Set<string>>();

  constructor(files: DataFolder, links: Links, listings: Listings) {
    this.#files = files;
    this.#links = links;
    this.#listings = listings;
  }

  async page(repository: string, { after, limit = Infinity, signal }: PageOptions): Promise<Page> {
    const folder = this.#files.paths.tags(repository);
    const listing = this.#listings.of(folder);
    const names: string[] = [];
    if (listing === undefined) return { names, more: false };
    const whole = this.#wholeOf(listing);
    let looked = 0;
    for (let at = after === undefined ? 0 : firstAfter(listing.names, after); at < listing.names.length; at += 1) {
      const name = listing.names[at] ?? '';
      if (!whole.has(name)) {
        looked += 1;
        if (looked % STRIDE === 0) await nextTurn();
        throwIfCancelled(signal);
        if (this.#links.stat(`${folder}/${name}/current`) === undefined) continue;
        whole.add(name);
      }
      if (names.length >= limit) return { names, more: true };
      names.push(name);
    }
    return { names, more: false };
  }

  #wholeOf(listing: Listing): Set<string> {
    let whole = this.#whole.get(listing);
    if (whole === undefined) {
      whole = new Set();
      this.#whole.set(listing, whole);
    }
    return whole;
  }
}
