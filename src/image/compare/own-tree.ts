import { askedBy, entryPath, type LayerItem, type MemoryFile, type MemoryFolder, MemoryTree } from '#archive';

/** What stands at a path: a file, a folder, nothing any more, or what the layers below have, which are not known. */
export type Standing = MemoryFile | MemoryFolder | 'gone' | 'below';

/** The files of an image, or of its upper layers alone: then it is known what they take away, and not from what. */
export class OwnTree {
  readonly #tree = new MemoryTree();
  readonly #whole: boolean;
  /** Paths, and folders, whose contents of the layers below are gone. */
  readonly #gone = new Set<string>();
  readonly #emptied = new Set<string>();
  /** Folders of what is gone. */
  readonly #onTheWay = new Set<string>();

  /** @param whole no layers are below those that are applied */
  constructor(whole: boolean) {
    this.#whole = whole;
  }

  apply(items: readonly LayerItem[], lowest: boolean): void {
    this.#tree.apply(items, { lowest });
    if (this.#whole) return;
    for (const { name } of items) {
      const names = entryPath(name, 'an entry', false);
      const asked = askedBy(names, name);
      const folder = names.slice(0, -1);
      if (asked.kind === 'whiteout') this.#takeAway([...folder, asked.name]);
      if (asked.kind === 'opaque') this.#emptied.add(folder.join('/'));
    }
  }

  at(path: string): Standing {
    let node: MemoryFolder | MemoryFile | undefined = this.#tree.root;
    let hidden = this.#whole || this.#emptied.has('');
    let way = '';
    for (const name of path.split('/')) {
      way = way === '' ? name : `${way}/${name}`;
      if (node?.kind === 'file') return 'gone';
      node = node?.children.get(name);
      if (way !== path) hidden ||= this.#emptied.has(way);
      hidden ||= this.#gone.has(way);
    }
    return node ?? (hidden ? 'gone' : 'below');
  }

  /** All paths that are known here, also of what is gone. */
  *paths(): Generator<string, void, undefined> {
    const waiting: { readonly path: string; readonly folder: MemoryFolder }[] = [{ path: '', folder: this.#tree.root }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const [name, node] of next.folder.children) {
        const path = next.path === '' ? name : `${next.path}/${name}`;
        yield path;
        if (node.kind === 'folder') waiting.push({ path, folder: node });
      }
    }
    yield* this.#gone;
  }

  /** A folder in which this image's own layers have put or removed something: it need not have been changed itself. */
  isOnTheWay(path: string, folder: MemoryFolder): boolean {
    return !this.#emptied.has(path) && (folder.children.size > 0 || this.#onTheWay.has(path));
  }

  #takeAway(names: readonly string[]): void {
    this.#gone.add(names.join('/'));
    for (let length = names.length - 1; length > 0; length -= 1) {
      const folder = names.slice(0, length).join('/');
      if (this.#onTheWay.has(folder)) return;
      this.#onTheWay.add(folder);
    }
  }
}
