import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from '#errors';
import type { Page, PageOptions, StorageOptions } from '../port.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { DataFolder } from './data-folder.ts';
import type { Links } from './links.ts';
import type { Listings } from './listings.ts';

/** Longest name that is looked for. */
const LONGEST = 255;
/** Bytes of memory for what was last seen in repositories. */
const MOST = 16 * 1024 * 1024;
/** Names looked at before others get their turn. */
const STRIDE = 200;

/**
 * The names of repositories, found in the folders each time they are asked for, and no further than they are asked for. The names in a folder
 * are read again when its time has changed, so what another process does is seen at once and nothing is walked at the start.
 * Symbolic links are not followed: they may lead around in a circle.
 */
export class Repositories {
  readonly #files: DataFolder;
  readonly #links: Links;
  readonly #listings: Listings;
  /** For a repository the folder of a link that it had when it was last looked at. */
  readonly #witnesses = new BoundedCache<string>(MOST);

  constructor(files: DataFolder, links: Links, listings: Listings) {
    this.#files = files;
    this.#links = links;
    this.#listings = listings;
  }

  /** True when the repository has a blob or a manifest. */
  isThere(name: string): boolean {
    const before = this.#witnesses.get(name);
    if (before !== undefined && this.#links.stat(before) !== undefined) return true;
    const witness = this.#findLink(name);
    if (witness === undefined) this.#witnesses.delete(name);
    else this.#witnesses.set(name, witness, witness.length + name.length + 200);
    return witness !== undefined;
  }

  async page({ after, limit = Infinity, signal }: PageOptions): Promise<Page> {
    const names: string[] = [];
    for await (const name of this.candidates(after, { signal })) {
      if (!this.isThere(name)) continue;
      if (names.length >= limit) return { names, more: true };
      names.push(name);
    }
    return { names, more: false };
  }

  /** Everything below `repositories` that may be one, in the order of names. */
  async *candidates(after: string | undefined, { signal }: StorageOptions): AsyncGenerator<string, void, undefined> {
    let seen = 0;
    for (const name of this.#below('', after ?? '')) {
      seen += 1;
      if (seen % STRIDE === 0) await nextTurn();
      throwIfCancelled(signal);
      yield name;
    }
  }

  /** @param prefix empty, or ends with a slash */
  *#below(prefix: string, after: string): Generator<string, void, undefined> {
    const { paths } = this.#files;
    /** Names whose children are still to come: those of `a` come after `a-b`, since `-` and `.` are before `/`. */
    const open: string[] = [];
    for (const child of this.#listings.names(paths.repository(prefix.slice(0, -1)))) {
      if (child.startsWith('_') || prefix.length + child.length > LONGEST) continue;
      const name = prefix + child;
      if (this.#files.isLink(paths.repository(name))) continue;
      for (let top = open.at(-1); top !== undefined && top < name; top = open.at(-1)) {
        open.pop();
        yield* this.#below(top, after);
      }
      const children = `${name}/`;
      if (children > after || after.startsWith(children)) open.push(children);
      if (name > after) yield name;
    }
    for (const top of open.toReversed()) yield* this.#below(top, after);
  }

  #findLink(name: string): string | undefined {
    const { paths } = this.#files;
    for (const algorithm of ['sha256', 'sha512']) {
      for (const kind of [paths.layers(name), paths.revisions(name)]) {
        for (const hex of this.#files.list(`${kind}/${algorithm}`)) {
          const folder = `${kind}/${algorithm}/${hex}`;
          if (this.#links.stat(folder) !== undefined) return folder;
        }
      }
    }
    return undefined;
  }
}
