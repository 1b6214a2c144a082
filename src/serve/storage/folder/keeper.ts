import type { Digest } from '#oci';
import type { Data } from './data.ts';
import type { DataFolder } from './data-folder.ts';
import type { Links } from './links.ts';

export interface KeeperTerms {
  readonly files: DataFolder;
  readonly links: Links;
  readonly data: Data;
}

/** Makes verified bytes a blob of a repository. */
export class Keeper {
  readonly #terms: KeeperTerms;

  constructor(terms: KeeperTerms) {
    this.#terms = terms;
  }

  /**
   * The bytes get their place before the link does. Resolves when both last; `prepared` is gone then.
   * @param prepared a folder in `tmp` that has the bytes in its file `data`
   * @param flush resolves when they last
   */
  async keep(repository: string, digest: Digest, prepared: string, flush: () => Promise<void>): Promise<void> {
    const { files, links, data } = this.#terms;
    const folder = files.paths.layer(repository, digest);
    const [link] = await Promise.all([links.prepare(folder, digest), flush()]);
    await data.keep(digest, prepared, () => links.place(folder, digest, link));
  }
}
