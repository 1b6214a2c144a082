import { DrayError, hasCode } from '#errors';
import { isDigest } from '#oci';
import type { DiskStore } from '#store';
import type { Places } from '../places.ts';
import type { PullOptions } from '../types.ts';
import { fetchBlobs, putDocuments } from './fetch.ts';
import type { Resolved } from './resolve.ts';

/**
 * Writes from the store, whose content is checked on the way out: a blob that a disk has damaged is dropped, fetched again, and the output written anew. Once; what
 * went into a stream cannot be taken back, so there the second pull mends it.
 */
export async function writeHealing(
  pulled: readonly Resolved[],
  places: Places,
  options: PullOptions,
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    const store = await places.store();
    const damaged = await dropDamaged(error, store);
    if (damaged === undefined) throw error;
    if (options.output?.path === undefined) {
      throw new DrayError('DIGEST_MISMATCH', `the store held damaged bytes for ${damaged}; they are dropped`, {
        hint: 'run the same command again: they will be fetched anew',
        cause: error,
      });
    }
    options.onEvent?.({ kind: 'warning', text: `the store held damaged bytes for ${damaged}: fetching them anew` });
    for (const resolved of pulled) {
      await fetchBlobs(places.registries, resolved, store, {
        ...options,
        verifyLayers: options.verifyLayers !== false,
        retries: places.retries,
      });
      await putDocuments(resolved, store, options);
    }
    await write();
  }
}

/** Drops the blob that `error` found to be damaged, so that it is fetched again; undefined where it is not the store's. */
export async function dropDamaged(error: unknown, store: DiskStore): Promise<string | undefined> {
  const damaged = hasCode(error, 'DIGEST_MISMATCH') ? error.detail['expected'] : undefined;
  return typeof damaged === 'string' && isDigest(damaged) && (await store.discard(damaged)) ? damaged : undefined;
}
