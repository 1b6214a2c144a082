import { hasCode, throwIfCancelled } from '#errors';
import type { Digest } from '#oci';
import { BoundedCache } from '#store';
import type { BlobOptions, StorageOptions, StoredBlob } from '../port.ts';
import type { Data } from './data.ts';
import type { DataFolder } from './data-folder.ts';
import type { Links } from './links.ts';
import { readData } from './read-data.ts';
import type { Repositories } from './repositories.ts';

/** Blobs of fewer bytes are kept in memory once they were read: configs, for the most part. */
const SMALL = 64 * 1024;

export interface BlobsTerms {
  readonly files: DataFolder;
  readonly links: Links;
  readonly data: Data;
  readonly repositories: Repositories;
  /** Bytes of small blobs kept in memory. */
  readonly cacheSize: number;
}

/** What repositories hold of blobs: a link for each, to bytes that all share. */
export class Blobs {
  readonly #terms: BlobsTerms;
  /** By digest: bytes never change. Whether a repository has them its link tells, each time. */
  readonly #small: BoundedCache<StoredBlob>;

  constructor(terms: BlobsTerms) {
    this.#terms = terms;
    this.#small = new BoundedCache(terms.cacheSize);
  }

  blob(repository: string, digest: Digest, { sizeOnly = false }: BlobOptions = {}): StoredBlob | undefined {
    const { links, files } = this.#terms;
    const folder = files.paths.layer(repository, digest);
    const stats = links.stat(folder);
    if (stats === undefined) return undefined;
    const blob = this.#small.get(digest) ?? this.#open(digest, sizeOnly);
    if (blob !== undefined) links.touch(folder, stats);
    return blob;
  }

  async mount(repository: string, digest: Digest, from: string | undefined, options: StorageOptions): Promise<boolean> {
    const { files, links, data } = this.#terms;
    if (!(await this.#isHeld(digest, from, options))) return false;
    const folder = files.paths.layer(repository, digest);
    try {
      await data.keep(digest, undefined, () => links.make(folder, digest));
      return true;
    } catch (error) {
      if (!hasCode(error, 'BUSY')) throw error;
      await links.remove(folder);
      return false;
    }
  }

  async *holders(digest: Digest, options: StorageOptions): AsyncGenerator<string, void, undefined> {
    const { files, links, repositories } = this.#terms;
    for await (const name of repositories.candidates(undefined, options)) {
      if (links.stat(files.paths.layer(name, digest)) !== undefined) yield name;
    }
  }

  async remove(repository: string, digest: Digest): Promise<boolean> {
    const { files, links } = this.#terms;
    return links.remove(files.paths.layer(repository, digest));
  }

  async #isHeld(digest: Digest, from: string | undefined, options: StorageOptions): Promise<boolean> {
    const { files, links, data } = this.#terms;
    throwIfCancelled(options.signal);
    // What nobody ever pushed needs no look at all repositories.
    if (data.find(digest) === undefined) return false;
    if (from !== undefined) return links.stat(files.paths.layer(from, digest)) !== undefined;
    for await (const _ of this.holders(digest, options)) return true;
    return false;
  }

  #open(digest: Digest, sizeOnly: boolean): StoredBlob | undefined {
    const { data, files } = this.#terms;
    const found = data.find(digest);
    if (found === undefined) return undefined;
    const { size } = found.stats;
    if (size >= SMALL || sizeOnly) {
      const find = (): string | undefined => data.find(digest)?.path;
      return { digest, size, read: (range, { signal } = {}) => readData(files.fs, find, range, signal) };
    }
    const bytes = data.read(digest);
    if (bytes === undefined) return undefined;
    const blob: StoredBlob = {
      digest,
      size: bytes.length,
      bytes,
      async *read({ start, end }, { signal } = {}) {
        throwIfCancelled(signal);
        if (start < end) yield bytes.subarray(start, end);
      },
    };
    this.#small.set(digest, blob, bytes.length + 500);
    return blob;
  }
}
