import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from '#errors';
import { BoundedCache } from '#store';
import { firstAfter } from '../page.ts';
import type { Page, PageOptions, StorageOptions } from '../port.ts';
import type { DataFolder } from './data-folder.ts';
import type { Links } from './links.ts';
import type { Listings } from './listings.ts';

/** Longest name that is looked for. */
const LONGEST = 255;
/** Bytes of memory for what was last seen in repositories. */
const MOST = 16 * 1024 * 1024;
const SLASH = 0x2f;
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

  /**
   * @param prefix empty, or ends with a slash
   * @param after begins with `prefix`, or comes before all that does
   */
  *#below(prefix: string, after: string): Generator<string, void, undefined> {
    const folder = this.#files.paths.repository(prefix.slice(0, -1));
    // They may lead around in a circle.
    if (prefix !== '' && this.#files.isLink(folder)) return;
    const names = this.#listings.names(folder);
    const rest = after.startsWith(prefix) ? after.slice(prefix.length) : '';
    /** Names whose children are still to come: those of `a` come after `a-b`, since `-` and `.` are before `/`. */
    const open = namesBefore(names, rest).map((name) => `${prefix}${name}/`);
    for (let at = rest === '' ? 0 : firstAfter(names, rest); at < names.length; at += 1) {
      const child = names[at] ?? '';
      if (child.startsWith('_') || prefix.length + child.length > LONGEST) continue;
      const name = prefix + child;
      for (let top = open.at(-1); top !== undefined && top < name; top = open.at(-1)) {
        open.pop();
        yield* this.#below(top, after);
      }
      yield name;
      open.push(`${name}/`);
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

/** Those names that come before `rest`, or are `rest`, though some of their children do not: they are beginnings of it. */
function namesBefore(names: readonly string[], rest: string): readonly string[] {
  const found: string[] = [];
  for (let end = 1; end <= rest.length; end += 1) {
    // An end, or what sorts no later than the slash before children.
    if (end < rest.length && rest.charCodeAt(end) > SLASH) continue;
    const name = rest.slice(0, end);
    if (!name.startsWith('_') && names[firstAfter(names, name) - 1] === name) found.push(name);
  }
  return found;
}
