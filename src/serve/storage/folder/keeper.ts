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
   * The bytes get their place before the link does. Resolves when both last.
   * @param prepare flushes the bytes and resolves to a folder in `tmp` that has them in its file `data`, and that is gone afterwards
   */
  async keep(repository: string, digest: Digest, prepare: () => Promise<string>): Promise<void> {
    const { files, links, data } = this.#terms;
    const folder = files.paths.layer(repository, digest);
    const [prepared, link] = await Promise.all([prepare(), links.prepare(folder, digest)]);
    try {
      await data.place(digest, prepared);
      const toSettle = await links.place(folder, digest, link);
      await files.settle(...toSettle, ...(await data.confirm(digest, prepared)));
    } finally {
      if (files.stat(prepared) !== undefined) await files.removeTree(prepared);
    }
  }
}
