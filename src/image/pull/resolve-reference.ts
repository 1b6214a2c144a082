import { DrayError, hasCode } from '#errors';
import { familiarString, type Reference, referenceLabel } from '#oci';
import type { FetchedManifest, Repository } from '#registry';
import type { DiskStore, Lease } from '#store';
import { warnOfOtherPlatform } from '../place/read-images.ts';
import type { Places } from '../places.ts';
import type { PullOptions } from '../types.ts';
import type { Wanted } from '../wanted.ts';
import { dropDamaged } from './heal.ts';
import { isSchema1, type Resolved, type ResolveOptions, resolveDocuments } from './resolve.ts';
import { resolveSchema1 } from './schema1.ts';

export interface ResolveReferenceOptions extends PullOptions {
  /** No layers are fetched, whatever that leaves unknown. */
  readonly plan?: boolean;
  /** For content that resolving it brings into the store. */
  readonly lease?: Lease;
}

/** One resolved reference, or none for an artifact among all tags. */
export async function resolveReference(
  reference: Reference,
  places: Places,
  wanted: Wanted,
  options: ResolveReferenceOptions,
): Promise<readonly Resolved[]> {
  const { signal, onEvent } = options;
  const format = options.output?.format;
  const cache = options.store === false ? undefined : await places.store();
  let begun = false;
  const how: Beginning = {
    begin() {
      if (begun) return;
      begun = true;
      onEvent?.({
        kind: 'image-started',
        reference: familiarString(reference),
        repository: reference.path,
        label: referenceLabel(reference),
        action: 'pull',
      });
    },
    plan: options.plan === true,
    concurrency: options.concurrency,
    wanted,
    host: places.host,
    cache,
    lease: options.lease,
    artifacts: format === 'oci-archive' || format === 'oci-dir',
    retries: places.retries,
    signal,
    onEvent,
  };
  try {
    const resolved = await places.registries.over(
      reference,
      (repository) => resolveAt(repository, reference, places, how),
      {
        action: 'pull',
        signal,
        onEvent,
      },
    );
    how.begin();
    return [resolved];
  } catch (error) {
    if (options.allTags !== true || !hasCode(error, 'UNSUPPORTED')) throw error;
    onEvent?.({ kind: 'warning', text: `skipped: ${error.message}` });
    return [];
  }
}

interface Beginning extends ResolveOptions {
  /** Tells of the image, the first time; before anything is told of its layers. */
  begin(): void;
  readonly plan: boolean;
  readonly concurrency: number | undefined;
  readonly cache: DiskStore | undefined;
  readonly lease: Lease | undefined;
}

async function resolveAt(
  repository: Repository,
  reference: Reference,
  places: Places,
  how: Beginning,
): Promise<Resolved> {
  const { signal, onEvent, cache } = how;
  const name = reference.digest ?? reference.tag ?? 'latest';
  const fetched = await repository.manifest(name, { signal, onEvent });
  if (!isSchema1(fetched)) return resolveHealing(repository, reference, fetched, how);
  if (how.plan) throw noPlan(reference);
  const store = cache ?? (await places.scratch());
  how.begin();
  const resolved = await resolveSchema1(repository, reference, fetched, {
    store,
    lease: how.lease,
    concurrency: how.concurrency,
    retries: places.retries,
    signal,
    onEvent,
  });
  warnOfOtherPlatform({ ...resolved, wanted: how.wanted, what: familiarString(reference) }, { onEvent });
  return resolved;
}

/** Documents that a disk has damaged are dropped and fetched again. */
async function resolveHealing(
  repository: Repository,
  reference: Reference,
  fetched: FetchedManifest,
  how: Beginning,
): Promise<Resolved> {
  for (let again = false; ; ) {
    try {
      return await resolveDocuments(repository, reference, fetched, how);
    } catch (error) {
      // Removed from the store between the look and the reading.
      if (how.cache !== undefined && hasCode(error, 'BLOB_UNKNOWN') && !again) {
        again = true;
        continue;
      }
      const damaged = how.cache === undefined ? undefined : await dropDamaged(error, how.cache);
      if (damaged === undefined) throw error;
      how.onEvent?.({ kind: 'warning', text: `the store held damaged bytes for ${damaged}: fetching them anew` });
    }
  }
}

function noPlan(reference: Reference): DrayError {
  const message = `what a pull of ${familiarString(reference)} brings is not known before its layers are here: it is in docker's first format`;
  return new DrayError('UNSUPPORTED', message, { hint: 'pull it: nothing is fetched twice' });
}
