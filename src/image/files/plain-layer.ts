import { askedBy, entryPath, type LayerItem } from '#archive';
import type { Step } from './find-file.ts';

/**
 * One layer by paths, for a search from the top: tells what stands at a path where that does not depend on the layers below. Where a layer keeps things
 * in folders that it does not name, one of them may be a link below: then what it does not have by the path asked for may be there all the same, under
 * the same name.
 */
export class PlainLayer {
  readonly #entries = new Map<string, LayerItem>();
  readonly #whiteouts = new Set<string>();
  readonly #opaque = new Set<string>();
  /** It has no things below what is no folder, and nothing twice in different ways. */
  readonly #plain: boolean;
  /** Folders that only what is in them names. */
  readonly #unnamed: ReadonlySet<string>;
  /** Last names of what is in those. */
  readonly #loose = new Set<string>();

  constructor(items: readonly LayerItem[]) {
    let plain = true;
    for (const item of items) {
      const names = entryPath(item.name, 'an entry', false);
      const asked = askedBy(names, item.name);
      if (asked.kind === 'notes' || names.length === 0) continue;
      if (asked.kind !== 'entry') {
        const folder = names.slice(0, -1);
        if (asked.kind === 'opaque') this.#opaque.add(folder.join('/'));
        else this.#whiteouts.add([...folder, asked.name].join('/'));
        continue;
      }
      const path = names.join('/');
      const before = this.#entries.get(path);
      if (before !== undefined && before.type !== item.type) plain = false;
      this.#entries.set(path, item);
    }
    const parents = new Set([...this.#entries.keys(), ...this.#whiteouts].map(folderOf));
    parents.delete('');
    // What is cleared where a folder may be a link cannot be told by a name.
    const isClear = [...this.#opaque].every((path) => path === '' || this.#entries.has(path));
    this.#plain = plain && isClear && [...parents].every((path) => this.#isFolder(path, parents));
    this.#unnamed = new Set([...parents].flatMap((path) => this.#unnamedOnTheWay(path)));
    this.#collectLoose();
  }

  /**
   * What this layer says of a path: what stands there, that nothing does, that the layers `below` know, or that it is `unclear` without them.
   * @param folders lengths of the beginnings of the path that layers above have as folders; those that this one has are added
   */
  find(names: readonly string[], folders: Set<number>): Step | 'below' | 'unclear' {
    if (!this.#plain) return 'unclear';
    let hidden = this.#opaque.has('');
    for (let length = 1; length <= names.length; length += 1) {
      const path = names.slice(0, length).join('/');
      const item = this.#entries.get(path);
      if (item !== undefined && item.type !== 'directory') {
        if (folders.has(length)) return { kind: 'absent' };
        // Where it leads depends on where its folder is.
        if (item.type === 'symlink' && this.#isLoose(path)) return 'unclear';
        return { kind: 'item', item, rest: names.slice(length) };
      }
      if (item !== undefined) folders.add(length);
      if (item !== undefined && length === names.length) return { kind: 'folder' };
      hidden ||= this.#whiteouts.has(path) || this.#opaque.has(path);
    }
    if (this.#unnamed.has(names.join('/')) || names.some((name) => this.#loose.has(name))) return 'unclear';
    return hidden ? { kind: 'absent' } : 'below';
  }

  /** What a hard link is a name of, where this layer has it. */
  linked(link: LayerItem): LayerItem | undefined {
    if (!this.#plain) return undefined;
    let item: LayerItem | undefined = link;
    for (let links = 0; item?.type === 'hardlink' && links < 40; links += 1) {
      item = this.#entries.get(entryPath(item.linkName, 'a hard link to', false).join('/'));
    }
    return item?.type === 'directory' || item?.type === 'hardlink' ? undefined : item;
  }

  #collectLoose(): void {
    if (this.#unnamed.size === 0) return;
    for (const path of [...this.#entries.keys(), ...this.#whiteouts, ...this.#opaque]) {
      if (this.#isLoose(path)) this.#loose.add(path.slice(path.lastIndexOf('/') + 1));
    }
  }

  /** Where it is depends on the layers below. */
  #isLoose(path: string): boolean {
    for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
      if (this.#unnamed.has(folder)) return true;
    }
    return false;
  }

  #unnamedOnTheWay(path: string): readonly string[] {
    const unnamed: string[] = [];
    for (let folder = path; folder !== ''; folder = folderOf(folder)) {
      if (!this.#entries.has(folder)) unnamed.push(folder);
    }
    return unnamed;
  }

  /** A folder, or not named at all; and so are all those that it is in. */
  #isFolder(path: string, known: ReadonlySet<string>): boolean {
    for (let folder = path; folder !== ''; folder = folderOf(folder)) {
      const type = this.#entries.get(folder)?.type;
      if (type !== undefined && type !== 'directory') return false;
      if (folder !== path && known.has(folder)) return true;
    }
    return true;
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
