import { errnoOf } from '#errors';
import type { Digest } from '#oci';
import type { DataFolder } from './data-folder.ts';
import { type Links, parentOf } from './links.ts';
import { folderOf } from './paths.ts';

/** Others may remove a tag just when it is pointed somewhere, but not again and again. */
const ATTEMPTS = 4;

/** Makes and removes tags, each in one step. */
export class TagLinks {
  readonly #files: DataFolder;
  readonly #links: Links;

  constructor(files: DataFolder, links: Links) {
    this.#files = files;
    this.#links = links;
  }

  /** A tag as it will be, in a folder that is made at `prepared`. */
  async prepare(prepared: string, digest: Digest): Promise<void> {
    const files = this.#files;
    const index = `${prepared}/index/${folderOf(digest)}`;
    for (const folder of [prepared, `${prepared}/current`, `${prepared}/index`, parentOf(index), index]) {
      files.fs.mkdirSync(folder, { mode: files.modes.folder });
    }
    await Promise.all([files.write(`${prepared}/current/link`, digest), files.write(`${index}/link`, digest)]);
  }

  /** Points a tag at a manifest, which lasts already; takes what it needs from `prepared`. */
  async point(folder: string, digest: Digest, prepared: string): Promise<void> {
    const files = this.#files;
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (files.stat(folder) !== undefined || !(await files.adopt(prepared, folder))) {
          await this.#move(folder, digest, prepared);
        }
        break;
      } catch (error) {
        // Removed just now.
        if (errnoOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
      }
    }
    await files.settle(`${folder}/current`, folder, parentOf(folder));
  }

  /** Has all processes read anew what the tag points to. */
  touch(repository: string, tag: string): void {
    const now = Date.now() / 1000;
    try {
      this.#files.fs.utimesSync(`${this.#files.paths.tag(repository, tag)}/current/link`, now, now);
    } catch {
      // Removed just now.
    }
  }

  /** False: there was no such tag. */
  async remove(repository: string, tag: string): Promise<boolean> {
    const grave = await this.#files.newFolder();
    const removed = this.bury(repository, tag, `${grave}/tag`);
    if (removed) await this.#files.settle(this.#files.paths.tags(repository));
    await this.#files.removeTree(grave);
    return removed;
  }

  /** Takes a tag out of sight, into a folder that is about to be removed. It is gone for good when the folder of all tags was settled. */
  bury(repository: string, tag: string, grave: string): boolean {
    const folder = this.#files.paths.tag(repository, tag);
    return this.#links.stat(`${folder}/current`) !== undefined && this.#files.move(folder, grave);
  }

  async #move(folder: string, digest: Digest, prepared: string): Promise<void> {
    const files = this.#files;
    const entry = `index/${folderOf(digest)}`;
    try {
      files.fs.renameSync(`${prepared}/${entry}`, `${folder}/${entry}`);
    } catch {
      // It has been there before, or docker's registry knows less of what the tag was.
    }
    // Docker's registry was stopped, or is at it, where there is no such folder.
    const [from, to] = [`${prepared}/current`, `${folder}/current`];
    if (files.stat(to) === undefined && (await files.adopt(from, to))) return;
    files.fs.renameSync(`${from}/link`, `${to}/link`);
  }
}
