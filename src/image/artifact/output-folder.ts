import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, realpathSync, writeSync } from 'node:fs';
import { diskFailure, entryPath, Folder, openNewFile } from '#archive';
import type { Bytes } from '#bytes';
import { DrayError } from '#errors';
import { printable } from '#oci';

export interface OutputFolderOptions {
  readonly sync: boolean;
  readonly overwrite: boolean;
}

/** A folder that files with names from outside are written into; none of them leads out of it, not even through links that are there. */
export class OutputFolder {
  readonly #root: Folder;
  readonly #options: OutputFolderOptions;

  /** Makes the folder where it is not there. Throws IO_FAILED where it cannot be. */
  constructor(path: string, options: OutputFolderOptions) {
    this.#options = options;
    try {
      mkdirSync(path, { recursive: true });
      this.#root = Folder.openRoot(realpathSync(path));
    } catch (error) {
      throw diskFailure(path, error);
    }
  }

  /** Throws CORRUPT_LAYER for a name that leads elsewhere, and IO_FAILED for a file that is there where it is not to be replaced. */
  check(path: string): void {
    const names = entryPath(path, 'a file');
    if (names.length === 0) throw new DrayError('CORRUPT_LAYER', `${printable(path, 255)} is no name of a file`);
    if (!this.#options.overwrite && this.#isThere(names)) {
      throw new DrayError('IO_FAILED', `${printable(path, 255)} is there already`, {
        hint: 'name another folder with -o, or leave --keep-old-files away',
      });
    }
  }

  /** Writes a file, which appears complete or not at all, in place of the one that has its name. */
  async write(path: string, content: Bytes): Promise<void> {
    const names = entryPath(path, 'a file');
    const name = names.pop() ?? '';
    const folder = this.#below(names, path);
    const temporary = `.dray-${randomBytes(8).toString('hex')}`;
    try {
      const fd = openNewFile(folder.at(temporary), 0o644);
      try {
        for await (const chunk of content) {
          for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
        }
        if (this.#options.sync) fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      folder.rename(temporary, folder, name);
    } catch (error) {
      folder.remove(temporary);
      throw diskFailure(path, error);
    } finally {
      if (folder !== this.#root) folder.close();
    }
  }

  close(): void {
    this.#root.close();
  }

  #isThere(names: readonly string[]): boolean {
    const open: Folder[] = [];
    try {
      let folder = this.#root;
      for (const [at, name] of names.entries()) {
        const stats = folder.stat(name);
        if (stats === undefined || at === names.length - 1) return stats !== undefined;
        if (!stats.isDirectory()) return true;
        folder = folder.open(name);
        open.push(folder);
      }
      return false;
    } finally {
      for (const folder of open) folder.close();
    }
  }

  /** The folder of these names, made where it is not there. Throws IO_FAILED where a link or a file is in the way. */
  #below(names: readonly string[], path: string): Folder {
    let folder = this.#root;
    for (const name of names) {
      try {
        if (folder.stat(name) === undefined) mkdirSync(folder.at(name));
        const next = folder.open(name);
        if (folder !== this.#root) folder.close();
        folder = next;
      } catch (error) {
        if (folder !== this.#root) folder.close();
        throw diskFailure(path, error);
      }
    }
    return folder;
  }
}
