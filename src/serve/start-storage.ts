import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DrayError, messageOf } from '#errors';
import { quoted } from '#oci';
import type { ServerLog } from './observe/log/server-log.ts';
import type { PullThroughEvent } from './proxy/events.ts';
import type { PullThrough } from './proxy/pull-through.ts';
import type { ServeSettings } from './settings.ts';
import type { RegistryStorage } from './storage/port.ts';

export interface OpenedStorage {
  readonly storage: RegistryStorage;
  /** Undefined: a name means the repository of that name. */
  readonly repositoryFor: PullThrough['repositoryFor'] | undefined;
  close(): Promise<void>;
}

/**
 * Opens what the settings say, or `given`, with the cache of other registries over it. The folder is made, and nothing in it. Rejects with
 * IO_FAILED where that cannot be done, with INVALID_OPTION where the settings do not fit together.
 */
export async function openStorage(
  settings: ServeSettings,
  given: RegistryStorage | undefined,
  log: ServerLog,
): Promise<OpenedStorage> {
  const { cache, data, memory } = settings;
  const root = memory || given !== undefined ? undefined : data;
  const storage = given ?? (await openPlain(root, settings));
  if (cache === undefined) return { storage, repositoryFor: undefined, close: async () => {} };
  if (root === undefined) throw new DrayError('INVALID_OPTION', 'a cache of other registries needs a folder');
  const { createPullThrough } = await import('./proxy/pull-through.ts');
  const folder = join(root, 'dray', 'proxy');
  const pullThrough = createPullThrough(storage, { ...cache, folder, onEvent: (event) => tell(event, log) });
  return {
    storage: pullThrough,
    repositoryFor: (name, namespace) => pullThrough.repositoryFor(name, namespace),
    close: () => pullThrough.close(),
  };
}

async function openPlain(root: string | undefined, { sync }: ServeSettings): Promise<RegistryStorage> {
  if (root === undefined) {
    const { createMemoryStorage } = await import('./storage/memory/memory-storage.ts');
    return createMemoryStorage();
  }
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
  const { upstream, repository, reference, reason } = event;
  const what = event.kind === 'stale' ? 'an upstream cannot be asked, what is here was served' : 'an upstream failed';
  log.warn(what, { upstream, repository, reference, reason });
}
