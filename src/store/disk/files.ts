import { dirname, join, sep } from 'node:path';
import { errnoOf } from '#errors';
import { writeRegion } from '../file-region.ts';
import { type FileSystem, syncFile } from '../file-system.ts';

export interface FilesOptions {
  readonly root: string;
  readonly fs: FileSystem;
  /** Flush before a name becomes visible, and the name with it. */
  readonly sync: boolean;
  /** Distinguishes the temporary files of this store object from those of all others. */
  readonly id: string;
  /** True: others may read what is kept, as far as the umask lets them. By default it is the owner's alone. */
  readonly shared?: boolean | undefined;
}

/** The files of one store, written so that each is there whole or not at all. Rejects with what the file system throws. */
export class Files {
  readonly root: string;
  readonly fs: FileSystem;
  readonly sync: boolean;
  /** For new files and folders. */
  readonly modes: { readonly file: number; readonly folder: number };
  /** The beginning of every path: joined once, as a listing asks for thousands. */
  readonly #below: string;
  readonly #id: string;
  readonly #ensured = new Set<string>();
  #count = 0;

  constructor(options: FilesOptions) {
    this.root = options.root;
    this.#below = join(options.root, '-').slice(0, -1);
    this.fs = options.fs;
    this.sync = options.sync;
    this.modes = options.shared === true ? { file: 0o666, folder: 0o777 } : { file: 0o600, folder: 0o700 };
    this.#id = options.id;
  }

  /** The path of what has this name below the root; the parts are plain names. */
  path(...parts: readonly string[]): string {
    return this.#below + parts.join(sep);
  }

  /** A name that nobody else uses. */
  unique(): string {
    this.#count += 1;
    return `${this.#id}-${this.#count.toString(36)}`;
  }

  /** The text of a small file, or undefined where it is not there. */
  read(path: string): string | undefined {
    return readText(this.fs, path);
  }

  /** Names in a folder; none where it is not there. */
  list(folder: string): readonly string[] {
    try {
      return this.fs.readdirSync(folder);
    } catch (error) {
      if (isAbsence(error)) return [];
      throw error;
    }
  }

  /** True when there was such a file. */
  remove(path: string): boolean {
    return removeFile(this.fs, path);
  }

  /** Makes a folder, and those above it; returns with it as durable as `sync` asks. */
  async ensure(folder: string): Promise<void> {
    if (this.#ensured.has(folder)) return;
    const parent = dirname(folder);
    if (this.fs.statSync(folder, { throwIfNoEntry: false }) === undefined) {
      if (parent !== folder) await this.ensure(parent);
      try {
        this.fs.mkdirSync(folder, { mode: this.modes.folder });
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
      if (this.sync) await this.syncFolder(parent);
    }
    this.#ensured.add(folder);
  }

  /** Makes `path` hold `text`, in place of what it held; afterwards it does so across a power cut, unless that is not asked for. */
  async replace(path: string, text: string, options: { readonly durable?: boolean } = {}): Promise<void> {
    const sync = this.sync && options.durable !== false;
    await this.ensure(dirname(path));
    const temporary = `${path}.${this.unique()}.tmp`;
    const fd = this.fs.openSync(temporary, 'wx', this.modes.file);
    try {
      try {
        writeRegion({ fs: this.fs, fd, base: 0, path: temporary }, 0, Buffer.from(text));
        if (sync) await syncFile(this.fs, fd);
      } finally {
        this.fs.closeSync(fd);
      }
      if (sync) await this.publish(temporary, path);
      else this.fs.renameSync(temporary, path);
    } catch (error) {
      this.remove(temporary);
      throw error;
    }
  }

  /** Gives a flushed file its final name. */
  async publish(from: string, to: string): Promise<void> {
    this.fs.renameSync(from, to);
    if (this.sync) await this.syncFolder(dirname(to));
  }

  /** Flushes the names in a folder. Windows can't, and needs not. */
  async syncFolder(folder: string): Promise<void> {
    let fd: number;
    try {
      fd = this.fs.openSync(folder, 'r');
    } catch (error) {
      if (['EISDIR', 'EPERM', 'EACCES', 'ENOENT'].includes(errnoOf(error) ?? '')) return;
      throw error;
    }
    try {
      await syncFile(this.fs, fd);
    } catch (error) {
      // Some file systems (and Windows) refuse to flush a folder.
      if (!['EINVAL', 'EPERM', 'EBADF', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
    } finally {
      this.fs.closeSync(fd);
    }
  }
}

/** True for "no such file or folder". */
export function isAbsence(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** The text of a small file, or undefined where it is not there. */
export function readText(fs: Pick<FileSystem, 'readFileSync'>, path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** True when there was such a file. */
export function removeFile(fs: Pick<FileSystem, 'unlinkSync'>, path: string): boolean {
  try {
    fs.unlinkSync(path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}
