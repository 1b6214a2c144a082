import * as fs from 'node:fs';
import { LockKeeper } from '#store';
import { systemClock } from '#timing';
import { type ApiError, apiError } from '../http/api-error.ts';
import type { RegistryStorage, UploadStorage } from '../storage/port.ts';
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
  const { clock = systemClock, onEvent = () => undefined, folder } = options;
  const upstreams = options.upstreams.map((settings) => new Upstream(settings, options));
  const routes = new Routes(upstreams, options.rules ?? []);
  const closing = new AbortController();
  const { signal } = closing;
  const sizes = new Sizes();
  fs.mkdirSync(folder, { recursive: true });
  const locks = new LockKeeper({ fs, clock });
  const shared = { storage, sizes, clock, signal, settings: options, onEvent };
  const blobs = new CachedBlobs({ ...shared, locks });
  const manifests = new CachedManifests(shared);
  const lists = new CachedLists(shared);

  /** Undefined: it is kept here. */
  const cached = (repository: string): CachedRoute | undefined => {
    const route = routes.of(repository);
    if (route === 'denied') throw denied();
    return route === 'local' ? undefined : route;
  };
  /** The repository of the storage that `repository` is. */
  const own = (repository: string): string => cached(repository)?.repository ?? repository;
  const written = (repository: string): string => {
    const route = cached(repository);
    if (route === undefined) return repository;
    throw apiError(
      405,
      'UNSUPPORTED',
      `this repository is a cache of ${route.upstream.domain}: nothing is pushed to it`,
    );
  };

  return {
    uploads: writtenUploads(storage.uploads, written),
    blob: async (repository, digest, call) => {
      const route = cached(repository);
      return route === undefined ? storage.blob(repository, digest, call) : blobs.blob(route, digest, call);
    },
    mountBlob: async (repository, digest, from, call) => storage.mountBlob(written(repository), digest, from, call),
    holders: (digest, call) => storage.holders(digest, call),
    removeBlob: async (repository, digest, call) => {
      const route = cached(repository);
      if (route !== undefined) await blobs.forget(route.repository, digest);
      return storage.removeBlob(route?.repository ?? repository, digest, call);
    },
    manifest: async (repository, digest, call) => {
      const route = cached(repository);
      return route === undefined ? storage.manifest(repository, digest, call) : manifests.manifest(route, digest, call);
    },
    tagged: async (repository, tag, call) => {
      const route = cached(repository);
      return route === undefined ? storage.tagged(repository, tag, call) : manifests.tagged(route, tag, call);
    },
    putManifest: async (repository, manifest, tags, call) =>
      storage.putManifest(written(repository), manifest, tags, call),
    removeManifest: async (repository, digest, call) => {
      manifests.forget(own(repository));
      return storage.removeManifest(own(repository), digest, call);
    },
    removeTag: async (repository, tag, call) => {
      manifests.forget(own(repository), tag);
      return storage.removeTag(own(repository), tag, call);
    },
    removeRepository: async (repository, call) => {
      manifests.forget(own(repository));
      return storage.removeRepository(own(repository), call);
    },
    tags: async (repository, call) => {
      const route = cached(repository);
      return route === undefined ? storage.tags(repository, call) : lists.tags(route, call);
    },
    repositories: (call) => storage.repositories(call),
    referrers: async (repository, digest, call) => {
      const route = cached(repository);
      return route === undefined ? storage.referrers(repository, digest, call) : lists.referrers(route, digest, call);
    },
    repositoryFor: (name, namespace) => routes.named(name, namespace),
    evict: () => blobs.evict(),
    close: async () => {
      closing.abort();
      await Promise.all([blobs.close(), manifests.close(), lists.close()]);
      for (const upstream of upstreams) upstream.close();
    },
  };
}

function denied(): ApiError {
  return apiError(403, 'DENIED', 'this server does not cache that repository');
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
