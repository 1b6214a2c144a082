import type { Stats } from 'node:fs';
import type { Digest } from '#oci';
import type { Clock } from '#timing';
import type { DataFolder } from './data-folder.ts';

/** How old a link may be, in milliseconds, before it is touched for those who rely on it. */
const TOUCH_AFTER = 60_000;
/** What is older has long been written to the disk by the system, whoever made it. */
const WRITTEN_BACK = 120_000;

/** The files named `link`, each in a folder of its own, which say that a digest belongs to a repository or to a tag. */
export class Links {
  readonly #files: DataFolder;
  readonly #clock: Clock;

  constructor(files: DataFolder, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  /** Undefined: there is no link. One without content is none: docker's registry was stopped while it wrote it. Nor is a folder. */
  stat(folder: string): Stats | undefined {
    const stats = this.#files.stat(`${folder}/link`);
    return stats?.isFile() === true && stats.size > 0 ? stats : undefined;
  }

  /**
   * Who is told that something is there will not bring it again: a collector spares what was touched lately. Where that fails
   * nothing is collected either.
   */
  touch(folder: string, stats: Stats): void {
    const now = this.#clock.now();
    if (now - stats.mtimeMs < TOUCH_AFTER) return;
    try {
      this.#files.fs.utimesSync(`${folder}/link`, now / 1000, now / 1000);
    } catch {
      // Removed just now, or a folder that can only be read.
    }
  }

  isWhole(folder: string, digest: Digest): boolean {
    return this.stat(folder) !== undefined && this.#files.read(`${folder}/link`) === digest;
  }

  /** Makes `folder` a link to `digest`; resolves to what is to be settled for it to last. */
  async make(folder: string, digest: Digest): Promise<readonly string[]> {
    return this.place(folder, digest, await this.prepare(folder, digest));
  }

  /** What a link is made of, in a folder in `tmp`; undefined where there is one already. */
  async prepare(folder: string, digest: Digest): Promise<string | undefined> {
    if (this.isWhole(folder, digest)) return undefined;
    const prepared = await this.#files.newFolder();
    await this.#files.write(`${prepared}/link`, digest);
    return prepared;
  }

  async place(folder: string, digest: Digest, prepared: string | undefined): Promise<readonly string[]> {
    const files = this.#files;
    const toSettle = [folder, parentOf(folder)];
    if (prepared === undefined) {
      const stats = this.stat(folder);
      // Taken away since it was seen.
      if (stats === undefined) return this.make(folder, digest);
      this.touch(folder, stats);
      return this.#clock.now() - stats.ctimeMs > WRITTEN_BACK ? [] : [`${folder}/link`, ...toSettle];
    }
    if (!(await files.adopt(prepared, folder))) {
      await files.adopt(`${prepared}/link`, `${folder}/link`);
      files.removeEmpty(prepared);
    }
    return toSettle;
  }

  /** False: there was no link. The folder goes with it. */
  async remove(folder: string): Promise<boolean> {
    const files = this.#files;
    if (!files.remove(`${folder}/link`)) return false;
    files.removeEmpty(folder);
    await files.settle(folder, parentOf(folder));
    return true;
  }
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
