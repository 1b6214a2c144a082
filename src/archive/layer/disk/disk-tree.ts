import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { DrayError, errnoOf } from '#errors';
import { encodeRaw, isEscaped } from '../../tar/raw-text.ts';
import type { TarEntry } from '../../tar/read.ts';
import type { Attributes, FileSink, Found, Tree } from '../tree.ts';
import { fileWriter, guarded, openNewFile } from './file-writer.ts';
import type { DiskPath, Folder } from './folder.ts';
import { makeNode } from './make-node.ts';
import { FolderNotes, type Unset } from './notes.ts';
import { Rights } from './rights.ts';
import { XattrSetter, type Xattrs, xattrRecords, xattrsOf } from './xattrs.ts';

/** Devices and fifos of an image: each is a process, and no image has so many. */
const MOST_NODES = 10_000;

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
  readonly #xattrs = new XattrSetter();
  #removals = 0;
  #nodes = 0;

  constructor(root: Folder) {
    this.root = { folder: root, notes: new FolderNotes() };
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
    return guarded('a folder', () => folder.names());
  }

  remove({ folder, notes }: DiskFolder, name: string): void {
    // What is heard later of a file must not be noted for the one that comes in its place.
    this.#xattrs.flush();
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
    this.#xattrs.count(pax);
    notes.attributes = { mode, uid, gid, mtime, pax: pax.size === 0 ? pax : xattrRecords(pax) };
  }

  makeFile(parent: DiskFolder, name: string, entry: TarEntry): FileSink {
    this.#xattrs.count(entry.pax);
    return guarded(entry.name, () => {
      const path = parent.folder.at(name);
      const fd = this.#make(parent, name, () => openNewFile(path));
      return fileWriter(fd, entry, (file) => {
        this.#note(parent, name, this.#rights.setOpen(file, entry));
        return this.#setXattrs(file, parent, name, entry);
      });
    });
  }

  makeSymlink(parent: DiskFolder, name: string, entry: TarEntry): void {
    this.#xattrs.count(entry.pax);
    guarded(entry.name, () => {
      const target = isEscaped(entry.linkName) ? Buffer.from(encodeRaw(entry.linkName)) : entry.linkName;
      this.#make(parent, name, () => symlinkSync(target, parent.folder.at(name)));
      this.#note(parent, name, this.#rights.setLink(parent.folder, name, entry));
      this.#loseXattrs(parent, name, entry);
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
      if (there === undefined) linkSync(from.folder.at(fromName), to.folder.at(name));
      else this.#linkOver(from.folder.at(fromName), to, name);
      this.#note(to, name, lost);
      return true;
    });
  }

  makeNode(parent: DiskFolder, name: string, entry: TarEntry): void {
    this.#xattrs.count(entry.pax);
    this.#nodes += 1;
    if (this.#nodes > MOST_NODES) throw tooManyNodes();
    guarded(entry.name, () => {
      if (parent.folder.stat(name) !== undefined) this.remove(parent, name);
      const made = makeNode(parent.folder, name, entry);
      this.#note(parent, name, made ? this.#rights.setNode(parent.folder, name, entry) : lostNode(entry));
      this.#loseXattrs(parent, name, entry);
    });
  }

  /** Gives all folders but the root what they are to have: all else is done. `root`: where the tree stands now. */
  settleFolders(root: Folder): void {
    this.#settleBelow({ folder: root, notes: this.root.notes });
    this.#xattrs.flush();
  }

  /** Gives the root what it is to have; to be called last. */
  settleRoot(root: Folder): void {
    if (this.root.notes.attributes === undefined) this.#rights.openToAll(root);
    else this.#settle({ folder: root, notes: this.root.notes });
  }

  /** Lets go of what was not finished; the root stays the caller's. */
  abandon(): void {
    this.#xattrs.abandon();
  }

  /** What could not be set, by path. */
  unset(): ReadonlyMap<string, Unset> {
    const all = new Map<string, Unset>();
    const visit = (notes: FolderNotes, path: string): void => {
      for (const [name, unset] of notes.unset) all.set(`${path}${name}`, unset);
      for (const [name, below] of notes.folders) visit(below, `${path}${name}/`);
    };
    visit(this.root.notes, '');
    return all;
  }

  #settleBelow({ folder, notes }: DiskFolder): void {
    for (const [name, below] of notes.folders) {
      const opened = guarded(name, () => (folder.stat(name)?.isDirectory() === true ? folder.open(name) : undefined));
      if (opened === undefined) continue;
      const child = { folder: opened, notes: below };
      try {
        this.#settleBelow(child);
        this.#note({ folder, notes }, name, this.#settle(child));
        this.#setFolderXattrs(child, { folder, notes }, name);
      } finally {
        child.folder.close();
      }
    }
  }

  #settle({ folder, notes: { attributes } }: DiskFolder): Unset | undefined {
    if (attributes === undefined) return undefined;
    return guarded('a folder', () => this.#rights.setFolder(folder, attributes));
  }

  #setFolderXattrs({ folder, notes }: DiskFolder, parent: DiskFolder, name: string): void {
    const { attributes } = notes;
    if (attributes === undefined || xattrsOf(attributes.pax) === undefined) return;
    if (folder.fd === undefined) return this.#loseXattrs(parent, name, attributes);
    const fd = openSync(`${folder.path}/.`, 'r');
    if (!this.#setXattrs(fd, parent, name, attributes)) closeSync(fd);
  }

  /** True where the file is closed later, when they are set. */
  #setXattrs(fd: number, parent: DiskFolder, name: string, { pax }: Pick<Attributes, 'pax'>): boolean {
    const xattrs = xattrsOf(pax);
    if (xattrs === undefined) return false;
    return this.#xattrs.set(fd, xattrs, (lost) => this.#noteXattrs(parent, name, lost));
  }

  #loseXattrs(parent: DiskFolder, name: string, { pax }: Pick<Attributes, 'pax'>): void {
    const xattrs = xattrsOf(pax);
    if (xattrs !== undefined) this.#noteXattrs(parent, name, xattrs);
  }

  #noteXattrs({ notes }: DiskFolder, name: string, xattrs: Xattrs): void {
    const known = notes.unset.get(name);
    notes.unset.set(name, { ...known, xattrs: { ...known?.xattrs, ...xattrs } });
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

  /** The link is made before what it replaces goes: its target may be in there. */
  #linkOver(target: DiskPath, parent: DiskFolder, name: string): void {
    const spare = `.dray-link-${randomBytes(8).toString('hex')}`;
    linkSync(target, parent.folder.at(spare));
    this.remove(parent, name);
    parent.folder.rename(spare, parent.folder, name);
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

function tooManyNodes(): DrayError {
  return new DrayError('TOO_LARGE', `the image has more than ${MOST_NODES} devices and fifos: it may be a bomb`, {
    detail: { most: MOST_NODES },
  });
}
