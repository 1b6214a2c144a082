import { continuedSource, copyBlobs, type Source, type Store } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, familiarString } from '#oci';
import type { Places } from '../places.ts';
import type { PullOptions, PullResult } from '../types.ts';
import { blobWork, totalBytes } from './blobs.ts';
import { checkedSource } from './checked-source.ts';
import { type FetchedBlobs, fetchBlobs } from './fetch.ts';
import { eachFile } from './output-files.ts';
import type { Resolved } from './resolve.ts';
import { resultOf } from './result.ts';

/** Writes what is in the store now to the output. */
export async function writeOutput(pulled: readonly Resolved[], places: Places, options: PullOptions): Promise<void> {
  const store = await places.store();
  const { signal } = options;
  await eachFile(pulled, options, {
    fill: async (target, images) => {
      for (const resolved of images) await copyBlobs(store, target, blobWork(resolved, false), { signal });
    },
    read: (_, use) => use(store),
    inAnyOrder: false,
    sync: places.sync,
  });
}

/** Fetches from the registries straight into the output. */
export async function writeStraight(
  all: readonly Resolved[],
  places: Places,
  options: PullOptions,
): Promise<readonly PullResult[]> {
  const results: PullResult[] = [];
  const verifyLayers = options.verifyLayers !== false;
  const fetch = async (target: Store, images: readonly Resolved[]): Promise<void> => {
    for (const resolved of images) {
      const fetched = await fetchBlobs(places.registries, resolved, target, {
        ...options,
        verifyLayers,
        carrier: places.carrier,
        retries: places.retries,
      });
      results.push(done(resolved, fetched, options));
    }
  };
  await eachFile(all, options, {
    fill: fetch,
    read: async (images, use) => {
      const used = await withSources(images, places, options, use);
      for (const resolved of images) results.push(done(resolved, allFetched(resolved), options));
      return used;
    },
    inAnyOrder: true,
    sync: places.sync,
  });
  return results;
}

function done(resolved: Resolved, fetched: FetchedBlobs, { onEvent }: PullOptions): PullResult {
  const status = fetched.bytes.fetched === 0 ? 'up-to-date' : 'downloaded';
  onEvent?.({ kind: 'image-done', reference: familiarString(resolved.reference), digest: resolved.digest, status });
  return resultOf(resolved, fetched, status);
}

function allFetched(resolved: Resolved): FetchedBlobs {
  const total = totalBytes(resolved);
  return { present: new Set(), bytes: { total, fetched: total, present: 0 } };
}

/** Opens the endpoints of all references at once and gives one source that asks each for what is its own. */
async function withSources<T>(
  all: readonly Resolved[],
  { registries, retries }: Places,
  options: PullOptions,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  const { signal, onEvent } = options;
  const places = new Map<string, Source>();
  const work = all.flatMap((resolved) => blobWork(resolved, options.verifyLayers !== false));
  let begun = false;
  const open = async (at: number): Promise<T> => {
    const resolved = all[at];
    if (resolved === undefined) {
      // Bytes that went out cannot be taken back: another endpoint cannot begin again.
      if (begun)
        throw new DrayError('CONNECTION_LOST', 'the registry failed when part of the archive was written already');
      begun = true;
      return use(checkedSource(continuedSource(routed(places), { retries, onEvent }), work));
    }
    const from = async (source: Source): Promise<T> => {
      for (const { target } of blobWork(resolved, false)) places.set(target.digest, source);
      return open(at + 1);
    };
    if (resolved.local !== undefined) return from(resolved.local);
    const how = { action: 'pull', from: resolved.endpoint, signal, onEvent };
    return registries.over(resolved.reference, from, how);
  };
  return open(0);
}

function routed(places: ReadonlyMap<string, Source>): Source {
  const placeOf = (target: Descriptor): Source => {
    const place = places.get(target.digest);
    if (place === undefined) throw new DrayError('BLOB_UNKNOWN', `nothing is known of ${target.digest}`);
    return place;
  };
  return {
    has: async (target, options) => placeOf(target).has(target, options),
    fetch: async (target, options) => placeOf(target).fetch(target, options),
  };
}
