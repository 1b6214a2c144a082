import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { familiarString, fullString, parseReference, type Reference } from '#oci';
import type { DiskStore, Lease, StoredReference } from '#store';
import type { Places } from '../places.ts';
import { storedAs } from '../stored/find-stored.ts';
import { holdIn } from '../stored/hold.ts';
import type { PullOptions, PullResult } from '../types.ts';
import { wantedPlatforms } from '../wanted.ts';
import { allContent } from './blobs.ts';
import { fetchBlobs, putDocuments } from './fetch.ts';
import { writeHealing } from './heal.ts';
import { everyTag, parseNames } from './names.ts';
import { checkOutput } from './output-check.ts';
import type { Resolved } from './resolve.ts';
import { resolveReference } from './resolve-reference.ts';
import { resultOf } from './result.ts';
import { verifyKept } from './verify-kept.ts';

/**
 * Pulls references into the store, and with `output` into files; without the store, straight into the output. Layers that references share
 * are fetched once. Resolves with one result per image (per tag with `allTags`), in order. When one fails, those before it are there and
 * what was received of it is kept for the next run.
 */
export async function pullAll(
  texts: readonly string[],
  places: Places,
  options: PullOptions = {},
): Promise<readonly PullResult[]> {
  const wanted = wantedPlatforms(options, places.host);
  const names = parseNames(texts, { allTags: options.allTags === true, onEvent: options.onEvent });
  await checkOutput(options);
  const references = options.allTags === true ? await tagsOf(names, places, options) : names;
  if (options.store === false) {
    const resolved: Resolved[] = [];
    for (const reference of references) resolved.push(...(await resolveReference(reference, places, wanted, options)));
    if (resolved.length === 0) throw nothingToWrite(texts);
    const { writeStraight } = await import('./output.ts');
    return writeStraight(resolved, places, options);
  }
  const results: PullResult[] = [];
  const pulled: Resolved[] = [];
  const lease = holdIn(await places.store());
  try {
    for (const reference of references) {
      for (const resolved of await resolveReference(reference, places, wanted, { ...options, lease })) {
        await lease.add(allContent(resolved), options);
        results.push(await keep(resolved, places, { ...options, lease }));
        pulled.push(resolved);
      }
    }
    if (options.output !== undefined) {
      if (pulled.length === 0) throw nothingToWrite(texts);
      // Archives and layouts are loaded where they are written.
      const { writeOutput } = await import('./output.ts');
      await writeHealing(pulled, places, options, () => writeOutput(pulled, places, options));
    }
    return results;
  } finally {
    await lease.release();
  }
}

function nothingToWrite(texts: readonly string[]): DrayError {
  return new DrayError('NOT_FOUND', `nothing to write: ${texts.join(', ') || 'no name'} stands for no image`);
}

async function tagsOf(
  names: readonly Reference[],
  places: Places,
  options: CallOptions,
): Promise<readonly Reference[]> {
  const all: Reference[] = [];
  for (const name of names) {
    all.push(...(await everyTag(name, places.registries, options)));
  }
  return all;
}

interface KeepOptions extends PullOptions {
  /** Of all content of the reference. */
  readonly lease: Lease;
}

/** Brings a resolved reference into the store and gives it its name. */
async function keep(resolved: Resolved, places: Places, options: KeepOptions): Promise<PullResult> {
  const store = await places.store();
  const { signal, onEvent, lease } = options;
  const name = fullString(resolved.reference);
  const before = await brought(resolved.reference, store, { signal });
  const verifyLayers = options.verifyLayers !== false;
  const fetched = await fetchBlobs(places.registries, resolved, store, {
    ...options,
    verifyLayers,
    carrier: places.carrier,
    retries: places.retries,
  });
  await putDocuments(resolved, store, { signal });
  if (verifyLayers) await verifyKept(resolved, fetched.present, store, { signal, onEvent });
  const same =
    before?.root.digest === resolved.root.digest &&
    resolved.images.every(({ manifest }) => before.manifests.some(({ digest }) => digest === manifest.digest));
  const status = same && fetched.bytes.fetched === 0 ? 'up-to-date' : 'downloaded';
  if (status === 'downloaded') {
    const manifests = resolved.images.map(({ manifest, platform }) => ({ ...manifest, platform }));
    lease.check();
    if (before !== undefined && before.root.digest !== resolved.root.digest)
      await keepDigest(before, store, { signal });
    await store.remember({ name, root: resolved.root, manifests, source: resolved.endpoint.url }, { signal });
  }
  onEvent?.({
    kind: 'image-done',
    reference: familiarString(resolved.reference),
    digest: resolved.digest,
    status,
  });
  return resultOf(resolved, fetched, status);
}

/** What is here under a name; by digest also what a registry had under a tag of its repository, as docker counts it. */
async function brought(
  reference: Reference,
  store: DiskStore,
  options: CallOptions,
): Promise<StoredReference | undefined> {
  const stored = await storedAs(reference, store, options);
  return stored?.name === fullString(reference) || stored?.source !== '' ? stored : undefined;
}

/** What a registry had under a name before is still known by its digest there. */
async function keepDigest(before: StoredReference, store: DiskStore, options: CallOptions): Promise<void> {
  if (before.source === '' || before.name === undefined) return;
  const { domain, path } = parseReference(before.name);
  await store.remember({ ...before, name: fullString({ domain, path, digest: before.root.digest }) }, options);
}
