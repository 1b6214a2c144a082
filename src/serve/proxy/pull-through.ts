import * as fs from 'node:fs';
import type { Descriptor, Digest } from '#oci';
import { LockKeeper } from '#store';
import { systemClock } from '#timing';
import { apiError } from '../http/api-error.ts';
import type {
  BlobOptions,
  Page,
  PageOptions,
  RegistryStorage,
  StorageOptions,
  StoredBlob,
  StoredManifest,
  UploadStorage,
} from '../storage/port.ts';
import { CachedBlobs } from './cached-blobs.ts';
import { CachedLists } from './cached-lists.ts';
import { CachedManifests } from './cached-manifests.ts';
import type { PullThroughOptions } from './options.ts';
import { type CachedRoute, Routes } from './routes.ts';
import { Sizes } from './sizes.ts';
import { Upstream } from './upstream.ts';

/** A storage that gets what it does not have from other registries. */
export interface PullThrough extends RegistryStorage {
  /** For `RegistryApiOptions.repositoryFor`: which repository a name means, `?ns=` given. Throws an ApiError where that is of no upstream. */
  repositoryFor(name: string, namespace: string | undefined): string;
  /** Brings the cache within its bounds now; it does so by itself when it grows, and every minute. */
  evict(): Promise<void>;
  /** Ends what is under way; what has come of blobs is kept for the next run. Nothing is asked of it afterwards. */
  close(): Promise<void>;
}

/**
 * A storage over `storage` in which the repositories of upstreams are there as if they had been pushed: what is asked for comes from the upstream, is
 * given on while it comes, and stays. They are read-only, but what is here of them can be removed; it comes again when it is asked for.
 * All other repositories are those of `storage`. Beside the errors of the storage, methods reject with an ApiError where an upstream refuses, fails
 * without anything being here, or may not be asked. Throws INVALID_CONFIGURATION.
 */
export function createPullThrough(storage: RegistryStorage, options: PullThroughOptions): PullThrough {
  return new PullThroughStorage(storage, options);
}

class PullThroughStorage implements PullThrough {
  readonly uploads: UploadStorage;
  readonly #storage: RegistryStorage;
  readonly #upstreams: readonly Upstream[];
  readonly #routes: Routes;
  readonly #blobs: CachedBlobs;
  readonly #manifests: CachedManifests;
  readonly #lists: CachedLists;
  readonly #closing = new AbortController();

  constructor(storage: RegistryStorage, options: PullThroughOptions) {
    const { clock = systemClock, onEvent = () => undefined, folder } = options;
    this.#storage = storage;
    this.#upstreams = options.upstreams.map((settings) => new Upstream(settings, options));
    this.#routes = new Routes(this.#upstreams, options.rules ?? []);
    fs.mkdirSync(folder, { recursive: true });
    const { signal } = this.#closing;
    const shared = { storage, sizes: new Sizes(), clock, signal, settings: options, onEvent };
    this.#blobs = new CachedBlobs({ ...shared, locks: new LockKeeper({ fs, clock }) });
    this.#manifests = new CachedManifests(shared);
    this.#lists = new CachedLists(shared);
    this.uploads = writtenUploads(storage.uploads, (repository) => this.#written(repository));
  }

  async blob(repository: string, digest: Digest, options?: BlobOptions): Promise<StoredBlob | undefined> {
    const route = this.#cached(repository);
    return route === undefined
      ? this.#storage.blob(repository, digest, options)
      : this.#blobs.blob(route, digest, options);
  }

  async mountBlob(
    repository: string,
    digest: Digest,
    from: string | undefined,
    options?: StorageOptions,
  ): Promise<boolean> {
    return this.#storage.mountBlob(this.#written(repository), digest, from, options);
  }

  holders(digest: Digest, options?: StorageOptions): AsyncIterable<string> {
    return this.#storage.holders(digest, options);
  }

  async removeBlob(repository: string, digest: Digest, options?: StorageOptions): Promise<boolean> {
    const route = this.#cached(repository);
    if (route !== undefined) await this.#blobs.forget(route.repository, digest);
    return this.#storage.removeBlob(route?.repository ?? repository, digest, options);
  }

  async manifest(repository: string, digest: Digest, options?: StorageOptions): Promise<StoredManifest | undefined> {
    const route = this.#cached(repository);
    return route === undefined
      ? this.#storage.manifest(repository, digest, options)
      : this.#manifests.manifest(route, digest, options);
  }

  async tagged(repository: string, tag: string, options?: StorageOptions): Promise<StoredManifest | undefined> {
    const route = this.#cached(repository);
    return route === undefined
      ? this.#storage.tagged(repository, tag, options)
      : this.#manifests.tagged(route, tag, options);
  }

  async putManifest(
    repository: string,
    manifest: StoredManifest,
    tags: readonly string[],
    options?: StorageOptions,
  ): Promise<void> {
    return this.#storage.putManifest(this.#written(repository), manifest, tags, options);
  }

  async removeManifest(
    repository: string,
    digest: Digest,
    options?: StorageOptions,
  ): Promise<readonly string[] | undefined> {
    const own = this.#forgotten(repository);
    return this.#storage.removeManifest(own, digest, options);
  }

  async removeTag(repository: string, tag: string, options?: StorageOptions): Promise<boolean> {
    const own = this.#forgotten(repository, tag);
    return this.#storage.removeTag(own, tag, options);
  }

  async removeRepository(repository: string, options?: StorageOptions): Promise<boolean> {
    const own = this.#forgotten(repository);
    return this.#storage.removeRepository(own, options);
  }

  async tags(repository: string, options?: PageOptions): Promise<Page | undefined> {
    const route = this.#cached(repository);
    return route === undefined ? this.#storage.tags(repository, options) : this.#lists.tags(route, options);
  }

  repositories(options?: PageOptions): Promise<Page> {
    return this.#storage.repositories(options);
  }

  async referrers(repository: string, digest: Digest, options?: StorageOptions): Promise<readonly Descriptor[]> {
    const route = this.#cached(repository);
    return route === undefined
      ? this.#storage.referrers(repository, digest, options)
      : this.#lists.referrers(route, digest, options);
  }

  repositoryFor(name: string, namespace: string | undefined): string {
    return this.#routes.named(name, namespace);
  }

  evict(): Promise<void> {
    return this.#blobs.evict();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#blobs.close(), this.#manifests.close(), this.#lists.close()]);
    for (const upstream of this.#upstreams) upstream.close();
  }

  /** Undefined: it is kept here. */
  #cached(repository: string): CachedRoute | undefined {
    const route = this.#routes.of(repository);
    if (route === 'denied') throw apiError(403, 'DENIED', 'this server does not cache that repository');
    return route === 'local' ? undefined : route;
  }

  #written(repository: string): string {
    const route = this.#cached(repository);
    if (route === undefined) return repository;
    throw apiError(
      405,
      'UNSUPPORTED',
      `this repository is a cache of ${route.upstream.domain}: nothing is pushed to it`,
    );
  }

  /** The repository of the storage; what its upstream has said lately of one reference, or of all, is believed no longer. */
  #forgotten(repository: string, reference?: string): string {
    const route = this.#cached(repository);
    if (route === undefined) return repository;
    this.#manifests.forget(route.repository, reference);
    return route.repository;
  }
}

/** @param written throws where nothing may be written */
function writtenUploads(uploads: UploadStorage, written: (repository: string) => string): UploadStorage {
  return {
    begin: async (repository, call) => uploads.begin(written(repository), call),
    size: async (repository, id, call) => uploads.size(written(repository), id, call),
    append: async (repository, id, piece, call) => uploads.append(written(repository), id, piece, call),
    commit: async (repository, id, digest, call) => uploads.commit(written(repository), id, digest, call),
    cancel: async (repository, id, call) => uploads.cancel(written(repository), id, call),
    put: async (repository, digest, content, call) => uploads.put(written(repository), digest, content, call),
  };
}
