import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DrayError, messageOf } from '#errors';
import { quoted } from '#oci';
import { createKeychain } from '#registry';
import { checkDataFolder } from './data-folder.ts';
import type { ServerLog } from './observe/log/server-log.ts';
import type { MetricSource } from './observe/metrics/metrics.ts';
import type { PullThroughEvent } from './proxy/events.ts';
import type { PullThrough } from './proxy/pull-through.ts';
import type { CacheSettings, ServeSettings } from './settings.ts';
import type { RegistryStorage } from './storage/port.ts';

export interface OpenedStorage {
  readonly storage: RegistryStorage;
  /** Undefined: a name means the repository of that name. */
  readonly repositoryFor: PullThrough['repositoryFor'] | undefined;
  close(): Promise<void>;
}

/** Who hears of a cache. */
export interface CacheWatchers {
  readonly log: ServerLog;
  /** Takes its figures; undefined: nobody asks for any. */
  readonly register?: ((source: MetricSource) => void) | undefined;
}

/**
 * Opens what the settings say, or `given`, with the cache of other registries over it. The folder is made, and nothing in it. Rejects with
 * IO_FAILED where that cannot be done, with INVALID_OPTION where the settings do not fit together.
 */
export async function openStorage(
  settings: ServeSettings,
  given: RegistryStorage | undefined,
  { log, register }: CacheWatchers,
): Promise<OpenedStorage> {
  const { cache, data, memory } = settings;
  const root = memory || given !== undefined ? undefined : data;
  const storage = given ?? (await openPlain(root, settings));
  if (cache === undefined) return { storage, repositoryFor: undefined, close: async () => {} };
  if (root === undefined) throw withoutFolder();
  const pullThrough = await openCache(storage, { cache, root, settings, log, register });
  return {
    storage: pullThrough,
    repositoryFor: (name, namespace) => pullThrough.repositoryFor(name, namespace),
    close: () => pullThrough.close(),
  };
}

/** Rejects with what `openStorage` has against the cache that the settings describe, as far as it writes nothing to find it. */
export async function checkCache({ cache, data, memory }: ServeSettings): Promise<void> {
  if (cache === undefined) return;
  if (data === undefined || memory) throw withoutFolder();
  const { Routes } = await import('./proxy/routes.ts');
  const { Upstream } = await import('./proxy/upstream.ts');
  const { machine: _, ...options } = cache;
  const upstreams = options.upstreams.map((each) => new Upstream(each, { ...options, folder: data }));
  // That they can be made is all that is asked.
  void new Routes(upstreams, options.rules ?? []);
}

function withoutFolder(): DrayError {
  return new DrayError('INVALID_OPTION', 'a cache of other registries needs a folder');
}

interface CacheFacts extends CacheWatchers {
  readonly cache: CacheSettings;
  readonly root: string;
  readonly settings: ServeSettings;
}

async function openCache(
  storage: RegistryStorage,
  { cache, root, settings: { sync }, log, register }: CacheFacts,
): Promise<PullThrough> {
  const { createPullThrough } = await import('./proxy/pull-through.ts');
  const { createCacheMetrics } = await import('./proxy/cache-metrics.ts');
  const metrics = createCacheMetrics();
  const { machine, ...options } = cache;
  register?.(metrics.source);
  return createPullThrough(storage, {
    ...options,
    keychain: machine && createKeychain(machine.keychain),
    transport: machine?.transport,
    folder: join(root, 'dray', 'proxy'),
    onEvent(event) {
      metrics.onEvent(event);
      tell(event, log);
    },
    async reclaim(digests, { signal }) {
      const { reclaimBlobs } = await import('./operate/reclaim-blobs.ts');
      await reclaimBlobs(digests, { root, sync, signal });
    },
  });
}

async function openPlain(root: string | undefined, { sync, readOnly }: ServeSettings): Promise<RegistryStorage> {
  if (root === undefined) {
    const { createMemoryStorage } = await import('./storage/memory/memory-storage.ts');
    return createMemoryStorage();
  }
  await checkDataFolder(root, readOnly);
  try {
    await mkdir(root, { recursive: true });
  } catch (cause) {
    throw new DrayError('IO_FAILED', `cannot make the folder ${quoted(root)}: ${messageOf(cause)}`, {
      hint: 'name a folder that you may write to: --data DIR',
      cause,
    });
  }
  const { openFolderStorage } = await import('./storage/folder/folder-storage.ts');
  return openFolderStorage({ root, sync });
}

/** What operators want to know of the cache. */
function tell(event: PullThroughEvent, log: ServerLog): void {
  if (event.kind !== 'failed' && event.kind !== 'stale') return;
  if (event.kind === 'stale' && event.repeated) return;
  const { upstream, repository, reference, reason } = event;
  const what = event.kind === 'stale' ? 'an upstream cannot be asked, what is here was served' : 'an upstream failed';
  log.warn(what, { upstream, repository, reference, reason });
}
