import type { Digest } from '#oci';
import { errnoOf } from '#store';
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

  /** Points a tag at a manifest, which lasts already. */
  async point(repository: string, tag: string, digest: Digest): Promise<void> {
    const folder = this.#files.paths.tag(repository, tag);
    for (let attempt = 1; ; attempt += 1) {
      if (this.#files.stat(folder) === undefined && (await this.#create(folder, digest))) return;
      try {
        await this.#move(folder, digest);
        return;
      } catch (error) {
        // Removed just now.
        if (errnoOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** False: there was no such tag. */
  async remove(repository: string, tag: string): Promise<boolean> {
    const folder = this.#files.paths.tag(repository, tag);
    if (this.#links.stat(`${folder}/current`) === undefined) return false;
    if (!(await this.#files.discard(folder))) return false;
    await this.#files.settle(parentOf(folder));
    return true;
  }

  async #create(folder: string, digest: Digest): Promise<boolean> {
    const files = this.#files;
    const prepared = await files.newFolder();
    const index = `${prepared}/index/${folderOf(digest)}`;
    const folders = [`${prepared}/current`, `${prepared}/index`, parentOf(index), index];
    for (const each of folders) files.fs.mkdirSync(each, { mode: files.modes.folder });
    await Promise.all([files.write(`${prepared}/current/link`, digest), files.write(`${index}/link`, digest)]);
    await files.settle(prepared, ...folders);
    if (await files.adopt(prepared, folder)) {
      await files.settle(parentOf(folder));
      return true;
    }
    await files.removeTree(prepared);
    return false;
  }

  async #move(folder: string, digest: Digest): Promise<void> {
    const files = this.#files;
    const indexed = await this.#links.make(`${folder}/index/${folderOf(digest)}`, digest);
    const prepared = await files.newFolder();
    try {
      await files.write(`${prepared}/link`, digest);
      await files.adopt(`${prepared}/link`, `${folder}/current/link`);
    } finally {
      await files.removeTree(prepared);
    }
    await files.settle(`${folder}/current`, folder, parentOf(folder), ...indexed);
  }
}
