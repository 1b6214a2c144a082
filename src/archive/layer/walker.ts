import { badPath } from './entry-path.ts';
import type { Attributes, Tree } from './tree.ts';

/** Symbolic links on the way to one folder; Linux itself takes no more. */
const MOST_LINKS = 40;
const DEEPEST = 2048;
/** Names on the way to one folder, those of links among them. */
const LONGEST_WAY = 4096;

/** A folder that a path led to. */
export interface Reached<F> {
  readonly folder: F;
  /** Its own names, root first: those of the path with all links resolved. */
  readonly names: readonly string[];
}

interface Step<F> {
  readonly name: string;
  readonly folder: F;
}

/** One name further: there, or where a link points, or nowhere. */
type Stepped =
  | { readonly kind: 'there' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'link'; readonly target: string };

/**
 * Goes to folders in a tree as a process would whose root is the tree's: symbolic links are followed within it, wherever they point. The folders
 * on the way stay open, so that `..` is the folder that was come from, and the next path that begins alike is near.
 */
export class Walker<F> {
  readonly #tree: Tree<F>;
  #steps: Step<F>[] = [];
  /** The path of the last walk, and how many of its names led straight to the steps. */
  #last: readonly string[] = [];
  #straight = 0;
  #reached: Reached<F> | undefined;

  constructor(tree: Tree<F>) {
    this.#tree = tree;
  }

  /**
   * The folder at `path`. Where it is not there it is made with `make`; without that, undefined comes back. Throws CORRUPT_LAYER where something
   * else is in the way of what is to be made. The folder is open until the next walk.
   */
  walk(path: readonly string[], make: Attributes | undefined): Reached<F> | undefined {
    let same = 0;
    while (same < path.length && path[same] === this.#last[same]) same += 1;
    if (this.#reached !== undefined && same === path.length && same === this.#last.length) return this.#reached;
    this.#reached = undefined;
    same = Math.min(same, this.#straight);
    this.#cut(same);
    this.#last = path;
    this.#straight = same;
    if (!this.#go(path, same, make)) return undefined;
    this.#reached = { folder: this.#here(), names: this.#steps.map((step) => step.name) };
    return this.#reached;
  }

  /** Forgets all folders: something on the way may have been replaced. */
  reset(): void {
    this.#cut(0);
    this.#reached = undefined;
  }

  /** Goes on with the names of `path` from the one at `from`; false where it ends before. */
  #go(path: readonly string[], from: number, make: Attributes | undefined): boolean {
    const ahead = path.slice(from).reverse();
    let links = 0;
    let way = 0;
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      way += 1;
      if (way > LONGEST_WAY) throw badPath('an entry in the folder', path.join('/'), 'is too long a way off');
      if (name === '..') {
        this.#cut(Math.max(0, this.#steps.length - 1));
        continue;
      }
      const stepped = this.#step(name, make, path);
      if (stepped.kind === 'absent') return false;
      if (stepped.kind === 'there') {
        if (links === 0) this.#straight += 1;
        continue;
      }
      links += 1;
      if (links > MOST_LINKS) throw badPath('an entry in the folder', path.join('/'), 'has too many symbolic links');
      if (stepped.target.startsWith('/')) this.#cut(0);
      ahead.push(...linkNames(stepped.target).reverse());
    }
    return true;
  }

  #step(name: string, make: Attributes | undefined, path: readonly string[]): Stepped {
    if (this.#steps.length >= DEEPEST) throw tooDeep(path);
    const here = this.#here();
    const found = this.#tree.find(here, name);
    if (found.kind === 'link') return found;
    if (found.kind !== 'folder' && make === undefined) return { kind: 'absent' };
    if (found.kind === 'other') throw badPath('an entry below', path.join('/'), 'is no folder');
    const folder = found.kind === 'folder' ? found.folder : this.#tree.makeFolder(here, name);
    this.#steps.push({ name, folder });
    if (found.kind === 'absent' && make !== undefined) this.#tree.setAttributes(folder, make);
    return { kind: 'there' };
  }

  #here(): F {
    return this.#steps.at(-1)?.folder ?? this.#tree.root;
  }

  #cut(length: number): void {
    while (this.#steps.length > length) {
      const step = this.#steps.pop();
      if (step !== undefined) this.#tree.close(step.folder);
    }
    this.#straight = Math.min(this.#straight, length);
  }
}

function linkNames(target: string): string[] {
  return target.split('/').filter((name) => name !== '' && name !== '.');
}

function tooDeep(path: readonly string[]): Error {
  return badPath('a folder', path.join('/'), `is deeper than ${DEEPEST} folders`);
}
