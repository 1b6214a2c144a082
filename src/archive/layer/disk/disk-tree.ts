import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { encodeRaw, isEscaped } from '../../tar/raw-text.ts';
import type { TarEntry } from '../../tar/read.ts';
import type { Attributes, FileSink, Found, Tree } from '../tree.ts';
import { errnoOf } from './disk-failure.ts';
import { fileWriter, guarded, openNewFile } from './file-writer.ts';
import { Folder } from './folder.ts';
import { makeNode } from './make-node.ts';
import { FolderNotes, type Unset } from './notes.ts';
import { Rights } from './rights.ts';

/** A folder, and what is to be remembered of it. */
export interface DiskFolder {
  readonly folder: Folder;
  readonly notes: FolderNotes;
}

/**
 * A tree on the disk, below a folder that exists. Everything is done by a name in an open folder, and nothing follows a link, so that whatever
 * others change meanwhile, nothing outside is read or written. Folders get their attributes when `settle` is called.
 */
export class DiskTree implements Tree<DiskFolder> {
  readonly root: DiskFolder;
  readonly #rights = new Rights();
  #removals = 0;

  /** Throws what the system says, and IO_FAILED for a folder that others could change under us. */
  constructor(path: string) {
    this.root = { folder: Folder.openRoot(path), notes: new FolderNotes() };
  }

  get removals(): number {
    return this.#removals;
  }

  find(parent: DiskFolder, name: string): Found<DiskFolder> {
    return guarded(name, () => {
      const stats = parent.folder.stat(name);
      if (stats === undefined) return { kind: 'absent' };
      if (stats.isSymbolicLink()) return { kind: 'link', target: parent.folder.readLink(name) };
      return stats.isDirectory() ? { kind: 'folder', folder: this.#open(parent, name) } : { kind: 'other' };
    });
  }

  close({ folder }: DiskFolder): void {
    folder.close();
  }

  names({ folder }: DiskFolder): readonly string[] {
    return folder.names();
  }

  remove({ folder, notes }: DiskFolder, name: string): void {
    guarded(name, () => folder.remove(name));
    notes.forget(name);
    this.#removals += 1;
  }

  makeFolder(parent: DiskFolder, name: string): DiskFolder {
    return guarded(name, () => {
      const { folder } = parent;
      const make = (): void => mkdirSync(folder.at(name), 0o700);
      try {
        make();
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
        if (folder.stat(name)?.isDirectory() !== true) this.#replace(parent, name, make);
      }
      return this.#open(parent, name);
    });
  }

  setAttributes({ notes }: DiskFolder, { mode, uid, gid, mtime, pax }: Attributes): void {
    notes.attributes = { mode, uid, gid, mtime, pax };
  }

  makeFile(parent: DiskFolder, name: string, entry: TarEntry): FileSink {
    return guarded(entry.name, () => {
      const path = parent.folder.at(name);
      const fd = this.#make(parent, name, () => openNewFile(path));
      return fileWriter(fd, entry, (file) => this.#note(parent, name, this.#rights.setOpen(file, entry)));
    });
  }

  makeSymlink(parent: DiskFolder, name: string, entry: TarEntry): void {
    guarded(entry.name, () => {
      const target = isEscaped(entry.linkName) ? Buffer.from(encodeRaw(entry.linkName)) : entry.linkName;
      this.#make(parent, name, () => symlinkSync(target, parent.folder.at(name)));
      this.#note(parent, name, this.#rights.setLink(parent.folder, name, entry));
    });
  }

  makeHardlink(from: DiskFolder, fromName: string, to: DiskFolder, name: string): boolean {
    return guarded(fromName, () => {
      const target = from.folder.stat(fromName);
      const lost = from.notes.unset.get(fromName);
      if (target === undefined && lost?.device !== undefined) {
        this.#note(to, name, lost);
        return true;
      }
      if (target === undefined || target.isDirectory()) return false;
      const there = to.folder.stat(name);
      if (there?.ino === target.ino && there.dev === target.dev) return true;
      this.#make(to, name, () => linkSync(from.folder.at(fromName), to.folder.at(name)));
      this.#note(to, name, lost);
      return true;
    });
  }

  makeNode(parent: DiskFolder, name: string, entry: TarEntry): void {
    guarded(entry.name, () => {
      if (parent.folder.stat(name) !== undefined) this.remove(parent, name);
      const made = makeNode(parent.folder, name, entry);
      this.#note(parent, name, made ? this.#rights.setNode(parent.folder, name, entry) : lostNode(entry));
    });
  }

  /** Sets what folders are to have: all else is done. `root`: where the tree stands now. */
  settle(root: Folder = this.root.folder): void {
    this.#settle({ folder: root, notes: this.root.notes });
  }

  #settle({ folder, notes }: DiskFolder): void {
    for (const [name, below] of notes.folders) {
      if (folder.stat(name)?.isDirectory() !== true) continue;
      const child = { folder: folder.open(name), notes: below };
      try {
        this.#settle(child);
      } finally {
        child.folder.close();
      }
    }
    if (notes.attributes === undefined) return;
    const unset = guarded('a folder', () => this.#rights.setFolder(folder, notes.attributes as Attributes));
    if (unset !== undefined) notes.unset.set('.', unset);
  }

  #open({ folder, notes }: DiskFolder, name: string): DiskFolder {
    return { folder: folder.open(name), notes: notes.folder(name) };
  }

  /** Does `make`, once more without what is in its way. */
  #make<T>(parent: DiskFolder, name: string, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      return this.#replace(parent, name, make);
    }
  }

  #replace<T>(parent: DiskFolder, name: string, make: () => T): T {
    this.remove(parent, name);
    return make();
  }

  #note({ notes }: DiskFolder, name: string, unset: Unset | undefined): void {
    if (unset === undefined || Object.keys(unset).length === 0) notes.unset.delete(name);
    else notes.unset.set(name, unset);
  }
}

function lostNode({ type, mode, uid, gid, deviceMajor, deviceMinor }: TarEntry): Unset {
  const kind = type === 'character' || type === 'block' ? type : 'fifo';
  return { uid, gid, mode, device: { type: kind, major: deviceMajor, minor: deviceMinor } };
}
