import type { Bytes } from '#bytes';
import type { TarEntry } from '../tar/read.ts';
import { LayerApplier, UNNAMED_FOLDER } from './apply-layer.ts';
import type { LayerItem } from './list-layer.ts';
import type { Attributes, FileSink, Found, Tree } from './tree.ts';

/** What is no folder. Hard links are names of one object. */
export interface MemoryFile {
  readonly kind: 'file';
  /** The entry that made it; its name is the first one that it had. */
  readonly item: LayerItem;
}

export interface MemoryFolder {
  readonly kind: 'folder';
  readonly name: string;
  readonly parent: MemoryFolder | undefined;
  readonly children: Map<string, MemoryFolder | MemoryFile>;
  attributes: Omit<Attributes, 'pax'> | undefined;
  /** The entry that its attributes are from. */
  item: LayerItem | undefined;
  /** False where that entry is of something below it, and its own attributes are what folders get that no layer names. */
  named: boolean;
  /** The last layer that spoke of it. */
  layer: number;
}

const NOTHING: Bytes = {
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    // The content stays in the layer.
  },
};
const NO_SINK: FileSink = { write: () => undefined, end: () => undefined, abandon: () => undefined };
const NO_RECORDS = new Map<string, string>();

/** A tree of what stands where, without contents: what unpacking would give, told from the lists of the layers alone. */
export class MemoryTree implements Tree<MemoryFolder> {
  readonly root: MemoryFolder = folderOf('', undefined, 0);
  removals = 0;
  #item: LayerItem | undefined;

  /**
   * Applies the entries of a layer, base first. Throws CORRUPT_LAYER as unpacking does.
   * @param lowest nothing is below it
   */
  apply(items: readonly LayerItem[], { lowest }: { readonly lowest: boolean }): void {
    const applier = new LayerApplier(this, { lowest, mostEntries: Number.POSITIVE_INFINITY });
    for (const item of items) {
      this.#item = item;
      applier.apply({ ...item, userName: '', groupName: '', pax: NO_RECORDS, bytes: NOTHING });
    }
    applier.close();
  }

  find(folder: MemoryFolder, name: string): Found<MemoryFolder> {
    const found = folder.children.get(name);
    if (found === undefined) return { kind: 'absent' };
    if (found.kind === 'folder') return { kind: 'folder', folder: found };
    return found.item.type === 'symlink' ? { kind: 'link', target: found.item.linkName } : { kind: 'other' };
  }

  close(): void {
    // Nothing is open.
  }

  names(folder: MemoryFolder): readonly string[] {
    return [...folder.children.keys()];
  }

  remove(folder: MemoryFolder, name: string): void {
    if (folder.children.delete(name)) this.removals += 1;
  }

  makeFolder(folder: MemoryFolder, name: string): MemoryFolder {
    const found = folder.children.get(name);
    if (found?.kind === 'folder') return found;
    const made = folderOf(name, folder, this.#item?.layer ?? 0);
    this.#set(folder, name, made);
    return made;
  }

  setAttributes(folder: MemoryFolder, { mode, uid, gid, mtime, pax }: Attributes): void {
    folder.attributes = { mode, uid, gid, mtime };
    folder.item = this.#item;
    folder.named = pax !== UNNAMED_FOLDER.pax;
    folder.layer = this.#item?.layer ?? 0;
  }

  makeFile(folder: MemoryFolder, name: string, _entry: TarEntry): FileSink {
    this.#place(folder, name);
    return NO_SINK;
  }

  makeSymlink(folder: MemoryFolder, name: string, _entry: TarEntry): void {
    this.#place(folder, name);
  }

  makeHardlink(from: MemoryFolder, fromName: string, to: MemoryFolder, name: string): boolean {
    const found = from.children.get(fromName);
    if (found?.kind !== 'file') return false;
    this.#set(to, name, found);
    return true;
  }

  makeNode(folder: MemoryFolder, name: string, _entry: TarEntry): void {
    this.#place(folder, name);
  }

  #place(folder: MemoryFolder, name: string): void {
    if (this.#item !== undefined) this.#set(folder, name, { kind: 'file', item: this.#item });
  }

  #set(folder: MemoryFolder, name: string, child: MemoryFolder | MemoryFile): void {
    if (folder.children.has(name)) this.removals += 1;
    folder.children.set(name, child);
  }
}

function folderOf(name: string, parent: MemoryFolder | undefined, layer: number): MemoryFolder {
  return {
    kind: 'folder',
    name,
    parent,
    children: new Map(),
    attributes: undefined,
    item: undefined,
    named: false,
    layer,
  };
}
