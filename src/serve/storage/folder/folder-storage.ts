import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { asFailure, type FileSystem, type OwnerProof, systemFiles, systemOwners } from '#store';
import { type Clock, systemClock } from '#timing';
import type {
  BlobOptions,
  Page,
  PageOptions,
  RegistryStorage,
  StorageOptions,
  StoredBlob,
  StoredManifest,
  UploadStorage,
} from '../port.ts';
import { Blobs } from './blobs.ts';
import { Data } from './data.ts';
import { DataFolder } from './data-folder.ts';
import { FolderUploads } from './folder-uploads.ts';
import { Keeper } from './keeper.ts';
import { Links, parentOf } from './links.ts';
import { Listings } from './listings.ts';
import { ManifestWriter } from './manifest-writer.ts';
import { Manifests } from './manifests.ts';
import { Referrers } from './referrers.ts';
import { Repositories } from './repositories.ts';
import { TagLinks } from './tag-links.ts';
import { Tags } from './tags.ts';

export interface FolderStorageOptions {
  /** What docker's registry calls `rootdirectory`; it is made when the first thing is kept. */
  readonly root: string;
  /** False: nothing is flushed; a power cut may undo what was acknowledged. */
  readonly sync?: boolean | undefined;
  /** Bytes of memory for manifests, and as many for small blobs; 32 MiB by default. */
  readonly cacheSize?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly fs?: FileSystem | undefined;
  /** How the death of another process is proven. */
  readonly owners?: OwnerProof | undefined;
}

const CACHE_SIZE = 32 * 1024 * 1024;
/** Tags looked at before others get their turn. */
const STRIDE = 500;

/**
 * A storage in a folder, laid out as docker's own registry lays it out: either serves what the other one wrote, and both may be at it at the
 * same time. Nothing is read before it is asked for.
 *
 * **With a collector at work** in any process nothing is lost that is linked. The collector renames a blob's `data` to `dray/trash/<algorithm>-<hex>`,
 * then looks for links to it in all repositories, and moves it back when it finds one. Who writes does it the other way around: the
 * link first (or again), then a look whether the data are there; in the trash: moved back; nowhere: written anew from what was sent, or an
 * error. So one of the two sees the other. Who reads looks in the trash too. A client that is told that a blob is there will not send it
 * again: the link is touched then, unless that was done in the last minute, and a collector spares links and data that are younger than its
 * time of grace. After a manifest's own link the links of its children are looked at again, and made again if they were taken meanwhile.
 */
export function openFolderStorage(options: FolderStorageOptions): RegistryStorage {
  return new FolderStorage(options);
}

class FolderStorage implements RegistryStorage {
  readonly uploads: UploadStorage;
  readonly #files: DataFolder;
  readonly #blobs: Blobs;
  readonly #manifests: Manifests;
  readonly #writer: ManifestWriter;
  readonly #tagLinks: TagLinks;
  readonly #tags: Tags;
  readonly #repositories: Repositories;
  readonly #referrers: Referrers;

  constructor(options: FolderStorageOptions) {
    const { root, sync = true, cacheSize = CACHE_SIZE } = options;
    const { clock = systemClock, fs = systemFiles, owners = systemOwners } = options;
    const files = new DataFolder({ root, fs, sync, id: randomBytes(6).toString('hex') });
    const links = new Links(files, clock);
    const data = new Data(files, clock);
    const listings = new Listings(files, clock);
    this.#files = files;
    this.#repositories = new Repositories(files, links, listings);
    this.#blobs = new Blobs({ files, links, data, repositories: this.#repositories, cacheSize });
    this.#manifests = new Manifests({ files, links, data, clock, cacheSize });
    this.#tagLinks = new TagLinks(files, links);
    this.#tags = new Tags(files, links, listings);
    this.#writer = new ManifestWriter({
      files,
      links,
      data,
      manifests: this.#manifests,
      tagLinks: this.#tagLinks,
      tagsOf: (repository, digest, terms = {}) => this.#tagsOf(repository, digest, terms),
    });
    this.#referrers = new Referrers(files, listings, this.#manifests);
    this.uploads = new FolderUploads({ files, clock, owners }, new Keeper({ files, links, data }));
  }

  async blob(repository: string, digest: Digest, options?: BlobOptions): Promise<StoredBlob | undefined> {
    return this.#look(options, () => this.#blobs.blob(repository, digest, options));
  }

  async mountBlob(
    repository: string,
    digest: Digest,
    from: string | undefined,
    options: StorageOptions = {},
  ): Promise<boolean> {
    return this.#do(`mounting ${digest} in ${repository}`, options, () =>
      this.#blobs.mount(repository, digest, from, options),
    );
  }

  async *holders(digest: Digest, options: StorageOptions = {}): AsyncGenerator<string, void, undefined> {
    try {
      yield* this.#blobs.holders(digest, options);
    } catch (error) {
      throw asFailure(`looking for holders of ${digest} (${this.#files.root})`, error);
    }
  }

  async removeBlob(repository: string, digest: Digest, options?: StorageOptions): Promise<boolean> {
    return this.#do(`removing ${digest} from ${repository}`, options, () => this.#blobs.remove(repository, digest));
  }

  async manifest(repository: string, digest: Digest, options?: StorageOptions): Promise<StoredManifest | undefined> {
    return this.#look(options, () => this.#manifests.manifest(repository, digest));
  }

  async tagged(repository: string, tag: string, options?: StorageOptions): Promise<StoredManifest | undefined> {
    return this.#look(options, () => this.#manifests.tagged(repository, tag));
  }

  async putManifest(
    repository: string,
    manifest: StoredManifest,
    tags: readonly string[],
    options: StorageOptions = {},
  ): Promise<void> {
    await this.#do(`keeping ${manifest.digest} in ${repository}`, options, () =>
      this.#writer.put(repository, manifest, tags, options),
    );
  }

  async removeManifest(
    repository: string,
    digest: Digest,
    options: StorageOptions = {},
  ): Promise<readonly string[] | undefined> {
    return this.#do(`removing ${digest} from ${repository}`, options, () =>
      this.#writer.remove(repository, digest, options),
    );
  }

  async removeTag(repository: string, tag: string, options?: StorageOptions): Promise<boolean> {
    return this.#do(`removing ${repository}:${tag}`, options, () => this.#tagLinks.remove(repository, tag));
  }

  async removeRepository(repository: string, options?: StorageOptions): Promise<boolean> {
    return this.#do(`removing ${repository}`, options, async () => {
      const files = this.#files;
      const isThere = this.#repositories.isThere(repository);
      const folder = files.paths.repository(repository);
      for (const part of ['_manifests', '_layers', '_uploads']) await files.discard(`${folder}/${part}`);
      // As far up as nothing else is there: other repositories may be below.
      for (let at = folder; at !== files.paths.repositories && files.removeEmpty(at); ) at = parentOf(at);
      await files.settle(folder, parentOf(folder));
      return isThere;
    });
  }

  async tags(repository: string, options: PageOptions = {}): Promise<Page | undefined> {
    return this.#do(`listing the tags of ${repository}`, options, async () =>
      this.#repositories.isThere(repository) ? this.#tags.page(repository, options) : undefined,
    );
  }

  async repositories(options: PageOptions = {}): Promise<Page> {
    return this.#do('listing repositories', options, () => this.#repositories.page(options));
  }

  async referrers(repository: string, digest: Digest, options: StorageOptions = {}): Promise<readonly Descriptor[]> {
    return this.#do(`listing what refers to ${digest}`, options, () => this.#referrers.of(repository, digest, options));
  }

  async *#tagsOf(repository: string, digest: Digest, options: StorageOptions): AsyncGenerator<string, void, undefined> {
    const { names } = await this.#tags.page(repository, options);
    for (const [index, tag] of names.entries()) {
      if (index % STRIDE === STRIDE - 1) await nextTurn();
      if (this.#manifests.target(repository, tag) === digest) yield tag;
    }
  }

  /** Without a promise between: most requests are nothing but this. */
  #look<T>(options: StorageOptions | undefined, work: () => T): T {
    throwIfCancelled(options?.signal);
    try {
      return work();
    } catch (error) {
      throw asFailure(`reading ${this.#files.root}`, error);
    }
  }

  async #do<T>(doing: string, options: StorageOptions | undefined, work: () => Promise<T>): Promise<T> {
    throwIfCancelled(options?.signal);
    try {
      return await work();
    } catch (error) {
      throw asFailure(`${doing} (${this.#files.root})`, error);
    }
  }
}
