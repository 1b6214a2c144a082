import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { DrayError, errnoOf } from '#errors';
import { Files, type FilesOptions, isAbsence, syncFile, writeRegion } from '#store';
import { Paths } from './paths.ts';

/** Folders that are known to be there; as many as a busy registry uses. */
const MOST_READY = 50_000;
/** Others may remove a folder just when something is put into it, but not again and again. */
const ATTEMPTS = 4;

/** How old something in `tmp` must be, in milliseconds, to be nobody's any more. */
const LEFT_BEHIND = 24 * 60 * 60 * 1000;

interface Syncing {
  readonly running: Promise<void>;
  next: Promise<void> | undefined;
}

/**
 * The files of a registry. What is new is made in a folder of its own in `tmp` and gets its place by one renaming, so that whoever sees it sees
 * all of it; `settle` then makes it last. Rejects with what the file system throws.
 */
export class DataFolder extends Files {
  readonly paths: Paths;
  #isSwept = false;
  readonly #ready = new Set<string>();
  readonly #syncs = new Map<string, Syncing>();

  constructor(options: Omit<FilesOptions, 'shared'>) {
    super({ ...options, shared: true });
    this.paths = new Paths(options.root);
  }

  stat(path: string): Stats | undefined {
    try {
      return this.fs.statSync(path, { throwIfNoEntry: false });
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  /** True for a symbolic link. */
  isLink(path: string): boolean {
    return this.fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  }

  /** A new folder in `tmp`. */
  async newFolder(): Promise<string> {
    if (!this.#isSwept) {
      this.#isSwept = true;
      await this.#sweep();
    }
    const path = `${this.paths.tmp}/${this.unique()}`;
    await this.makeFolder(path);
    return path;
  }

  /** A folder that is not there yet; it need not last. */
  async makeFolder(path: string): Promise<void> {
    await this.#inPlace(path, () => this.fs.mkdirSync(path, { mode: this.modes.folder }));
  }

  /** A new file that is whole; it lasts when its folders have been settled. */
  async write(path: string, content: string | Uint8Array, options: { readonly sync?: boolean } = {}): Promise<void> {
    const { sync = this.sync } = options;
    const fd = this.fs.openSync(path, 'wx', this.modes.file);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      writeRegion({ fs: this.fs, fd, base: 0, path }, 0, bytes);
      if (sync) await syncFile(this.fs, fd);
    } finally {
      this.fs.closeSync(fd);
    }
  }

  /** Gives a folder or file its place. False: there is a folder that is not empty. */
  async adopt(from: string, to: string): Promise<boolean> {
    try {
      if (this.sync) await this.ready(dirname(to));
      await this.#inPlace(to, () => this.fs.renameSync(from, to));
      return true;
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw error;
    }
  }

  /** Renames a file or folder. False: it is not there, or where it should go is nothing. */
  move(from: string, to: string): boolean {
    try {
      this.fs.renameSync(from, to);
      return true;
    } catch (error) {
      if (isAbsence(error)) return false;
      throw error;
    }
  }

  /** Takes a folder out of sight in one step and removes it. False: there was none. */
  async discard(path: string): Promise<boolean> {
    const grave = await this.takeAway(path);
    if (grave !== undefined) await this.removeTree(grave);
    return grave !== undefined;
  }

  /** Moves a folder to `tmp` in one step; resolves to where it is then. Undefined: there was none. */
  async takeAway(path: string): Promise<string | undefined> {
    const place = `${this.paths.tmp}/${this.unique()}`;
    await this.ready(this.paths.tmp);
    return this.move(path, place) ? place : undefined;
  }

  async removeTree(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.fs.rm(path, { recursive: true, force: true }, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** True when the folder was there, and empty. */
  removeEmpty(folder: string): boolean {
    try {
      this.fs.rmdirSync(folder);
      return true;
    } catch (error) {
      const code = errnoOf(error);
      if (isAbsence(error) || code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw error;
    }
  }

  /** Resolves when the content of these folders, or files, lasts. Those that are gone need not. */
  async settle(...paths: readonly string[]): Promise<void> {
    if (this.sync) await Promise.all(paths.map((path) => this.#settleOne(path)));
  }

  /** Makes a folder, and those above it; all of them last then. Cheap for one that was made ready before. */
  async ready(folder: string): Promise<void> {
    if (this.#ready.has(folder)) return;
    await this.ensure(this.root);
    const missing: string[] = [];
    for (let at = folder; at !== this.root && !this.#ready.has(at); at = dirname(at)) missing.unshift(at);
    for (const path of missing) this.#make(path);
    await this.settle(...missing.map((path) => dirname(path)));
    if (this.#ready.size > MOST_READY) this.#ready.clear();
    for (const path of missing) this.#ready.add(path);
  }

  /** Does something in the folder of `path`, which is made where it is missing. */
  async #inPlace<T>(path: string, work: () => T): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (attempt > 1) await this.ready(dirname(path));
        return work();
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
        for (let at = dirname(path); at.length > this.root.length; at = dirname(at)) this.#ready.delete(at);
      }
    }
  }

  /** Removes what processes have left in `tmp` that were killed. What cannot be removed, since it is somebody else's, is in nobody's way. */
  async #sweep(): Promise<void> {
    const { tmp } = this.paths;
    for (const name of this.list(tmp)) {
      const times = [`${tmp}/${name}`, `${tmp}/${name}/data`].map((path) => this.stat(path)?.mtimeMs ?? 0);
      if (Date.now() - Math.max(...times) > LEFT_BEHIND) await this.removeTree(`${tmp}/${name}`).catch(() => {});
    }
  }

  #make(path: string): void {
    try {
      this.fs.mkdirSync(path, { mode: this.modes.folder });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      if (this.stat(path)?.isDirectory() !== true) {
        throw new DrayError('IO_FAILED', `${path} should be a folder, but is a file`, { cause: error });
      }
    }
  }

  /** Whoever comes while a folder is being flushed waits for the next time, together with all others: its own names may have come too late. */
  #settleOne(path: string): Promise<void> {
    const current = this.#syncs.get(path);
    if (current === undefined) return this.#startSync(path);
    current.next ??= current.running.then(
      () => this.#startSync(path),
      () => this.#startSync(path),
    );
    return current.next;
  }

  #startSync(path: string): Promise<void> {
    const entry: Syncing = { running: this.syncFolder(path), next: undefined };
    this.#syncs.set(path, entry);
    const over = (): void => {
      if (this.#syncs.get(path) === entry && entry.next === undefined) this.#syncs.delete(path);
    };
    entry.running.then(over, over);
    return entry.running;
  }
}
