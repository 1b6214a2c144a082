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

  /** Called after a link was written. True: the bytes are at their place, if need be again. */
  async secure(digest: Digest): Promise<boolean> {
    const { paths } = this.#files;
    const path = `${paths.data(digest)}/data`;
    if (this.#at(path) !== undefined) return true;
    try {
      if (this.#at(paths.trashed(digest)) !== undefined) await this.#files.adopt(paths.trashed(digest), path);
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
    return this.#at(path) !== undefined;
  }

  /**
   * Gives bytes their place, unless they are there. Those who are given `prepared`, a folder in `tmp` with the bytes in a file `data`, take
   * it as a whole; it stays where nothing was missing.
   */
  async place(digest: Digest, prepared: string): Promise<void> {
    const folder = this.#files.paths.data(digest);
    if (this.#at(`${folder}/data`) !== undefined || (await this.#files.adopt(prepared, folder))) return;
    // Somebody has left a folder without data, or was quicker.
    if (!(await this.secure(digest))) await this.#files.adopt(`${prepared}/data`, `${folder}/data`);
  }

  /**
   * To be called when all links to `digest` that are being made have been made. Rejects where a collector has removed the bytes, which it
   * does with nothing that is new.
   */
  async confirm(digest: Digest, prepared: string | undefined): Promise<readonly string[]> {
    if (!(await this.secure(digest)) && prepared !== undefined) await this.place(digest, prepared);
    const folder = this.#files.paths.data(digest);
    const stats = this.#at(`${folder}/data`)?.stats;
    if (stats === undefined) {
      throw new DrayError('BUSY', `keeping ${digest}: it was removed at the same time`, { hint: 'push it again' });
    }
    return this.#clock.now() - stats.ctimeMs > WRITTEN_BACK ? [] : [`${folder}/data`, folder, parentOf(folder)];
  }

  #at(path: string): DataFile | undefined {
    const stats = this.#files.stat(path);
    return stats === undefined ? undefined : { path, stats };
  }
}
