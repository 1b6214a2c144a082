import type { Stats } from 'node:fs';
import { DrayError } from '#errors';
import type { Digest } from '#oci';
import { isAbsence } from '#store';
import type { Clock } from '#timing';
import type { DataFolder } from './data-folder.ts';
import { parentOf } from './links.ts';

/** What is older has long been written to the disk by the system, whoever made it. */
const WRITTEN_BACK = 120_000;

/** Where the bytes of something are just now. */
export interface DataFile {
  readonly path: string;
  readonly stats: Stats;
}

/** The bytes of blobs and manifests, each once for all repositories. Who keeps some holds the writer's side of the protocol that `folder-storage.ts` tells. */
export class Data {
  readonly #files: DataFolder;
  readonly #clock: Clock;

  constructor(files: DataFolder, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  /** Also where a collector has taken them from their place and may yet bring them back. */
  find(digest: Digest): DataFile | undefined {
    const { paths } = this.#files;
    return (
      this.#at(`${paths.data(digest)}/data`) ??
      this.#at(paths.trashed(digest)) ??
      this.#at(`${paths.data(digest)}/data`)
    );
  }

  read(digest: Digest): Buffer | undefined {
    const found = this.find(digest);
    if (found === undefined) return undefined;
    try {
      return this.#files.fs.readFileSync(found.path);
    } catch (error) {
      if (!isAbsence(error)) throw error;
      const again = this.find(digest);
      return again === undefined ? undefined : this.#files.fs.readFileSync(again.path);
    }
  }

  /** True: the bytes are at their place, as many as there should be where that is known. */
  isPlaced(digest: Digest, size?: number): boolean {
    const found = this.#at(`${this.#files.paths.data(digest)}/data`)?.stats.size;
    return found !== undefined && (size === undefined || size === found);
  }

  /**
   * Gives bytes their place, has `link` made, and resolves when all that lasts: the writer's side of the protocol. Rejects with BUSY where a
   * collector has removed them at the same time and there is nothing to make them from.
   * @param prepared a folder in `tmp` that has the bytes, flushed, in its file `data`; it is gone afterwards, unless this fails. Undefined: they are there
   * @param link resolves to what of it is to be settled
   */
  async keep(digest: Digest, prepared: string | undefined, link: () => Promise<readonly string[]>): Promise<void> {
    const files = this.#files;
    const folder = files.paths.data(digest);
    let isNew = prepared !== undefined && (await this.#place(digest, prepared));
    const toSettle = await link();
    if (!this.isPlaced(digest) && !(await this.#bringBack(digest)) && prepared !== undefined && !isNew) {
      isNew = await this.#place(digest, prepared);
    }
    const stats = this.#at(`${folder}/data`)?.stats;
    if (stats === undefined) {
      throw new DrayError('BUSY', `keeping ${digest}: it was removed at the same time`, { hint: 'push it again' });
    }
    const isWritten = this.#clock.now() - stats.ctimeMs > WRITTEN_BACK;
    // Whoever brought them before may not have flushed them.
    if (isNew) await files.settle(folder, parentOf(folder), ...toSettle);
    else await files.settle(...(isWritten ? [] : [`${folder}/data`, folder, parentOf(folder)]), ...toSettle);
    if (prepared !== undefined && !isNew) await files.removeTree(prepared);
  }

  /** False: the bytes are there already, and `prepared` stays. */
  async #place(digest: Digest, prepared: string): Promise<boolean> {
    const folder = this.#files.paths.data(digest);
    const size = this.#at(`${prepared}/data`)?.stats.size;
    if (this.isPlaced(digest, size)) return false;
    if (await this.#files.adopt(prepared, folder)) return true;
    // Somebody was quicker, or has left a folder without data, or with some that were cut since.
    if (this.isPlaced(digest, size) || (await this.#bringBack(digest, size))) return false;
    await this.#files.adopt(`${prepared}/data`, `${folder}/data`);
    this.#files.removeEmpty(prepared);
    return true;
  }

  /** From the trash, where they are there. */
  async #bringBack(digest: Digest, size?: number): Promise<boolean> {
    const { paths } = this.#files;
    try {
      const found = this.#at(paths.trashed(digest))?.stats.size;
      if (found === undefined || (size !== undefined && size !== found)) return false;
      await this.#files.adopt(paths.trashed(digest), `${paths.data(digest)}/data`);
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
    return this.isPlaced(digest, size);
  }

  #at(path: string): DataFile | undefined {
    const stats = this.#files.stat(path);
    return stats === undefined ? undefined : { path, stats };
  }
}
