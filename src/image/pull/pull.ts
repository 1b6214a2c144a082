import type { CallOptions } from '#content';
import { DrayError, hasCode } from '#errors';
import { familiarString, fullString, type Reference, referenceLabel } from '#oci';
import type { Repository } from '#registry';
import type { Places } from '../places.ts';
import type { PullOptions, PullPlan, PullResult } from '../types.ts';
import { type Wanted, wantedPlatforms } from '../wanted.ts';
import { allBlobs } from './blobs.ts';
import { fetchBlobs, putDocuments } from './fetch.ts';
import { writeHealing } from './heal.ts';
import { everyTag, parseNames } from './names.ts';
import { checkOutput } from './output-check.ts';
import { isSchema1, type Resolved, type ResolveOptions, resolveDocuments } from './resolve.ts';
import { pulledImages, resultOf } from './result.ts';
import { resolveSchema1 } from './schema1.ts';
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
    for (const reference of references) resolved.push(...(await resolve(reference, places, wanted, options)));
    const { writeStraight } = await import('./output.ts');
    return writeStraight(resolved, places, options);
  }
  const results: PullResult[] = [];
  const pulled: Resolved[] = [];
  for (const reference of references) {
    for (const resolved of await resolve(reference, places, wanted, options)) {
      results.push(await keep(resolved, places, options));
      pulled.push(resolved);
    }
  }
  if (options.output !== undefined) {
    // Archives and layouts are loaded where they are written.
    const { writeOutput } = await import('./output.ts');
    await writeHealing(pulled, places, options, () => writeOutput(pulled, places, options));
  }
  return results;
}

/** What `pullAll` of one reference would fetch: only documents are asked for, nothing is kept. */
export async function planPull(text: string, places: Places, options: PullOptions = {}): Promise<PullPlan> {
  const wanted = wantedPlatforms(options, places.host);
  const [reference] = parseNames([text], { allTags: false, onEvent: options.onEvent });
  if (reference === undefined) throw new DrayError('BUG', `no reference in ${text}`);
  const [resolved] = await resolve(reference, places, wanted, options);
  if (resolved === undefined) throw new DrayError('BUG', `nothing resolved for ${text}`);
  const present = new Set<string>();
  const blobs = allBlobs(resolved);
  if (options.store !== false) {
    const store = await places.store();
    for (const blob of blobs) if (await store.has(blob)) present.add(blob.digest);
  }
  const sizeOf = (some: typeof blobs): number => some.reduce((sum, { size }) => sum + size, 0);
  const total = sizeOf(blobs);
  const here = sizeOf(blobs.filter(({ digest }) => present.has(digest)));
  return {
    reference: familiarString(reference),
    fullName: fullString(reference),
    root: resolved.root,
    endpoint: resolved.endpoint.url,
    platforms: resolved.platforms,
    images: pulledImages(resolved, present),
    bytes: { total, present: here },
  };
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

/** One resolved reference, or none for an artifact among all tags. */
async function resolve(
  reference: Reference,
  places: Places,
  wanted: Wanted,
  options: PullOptions,
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
    wanted,
    cache,
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
  if (!isSchema1(fetched)) return resolveDocuments(repository, reference, fetched, how);
  const store = cache === undefined ? await places.scratch() : await places.store();
  how.begin();
  return resolveSchema1(repository, reference, fetched, { store, retries: places.retries, signal, onEvent });
}

/** Brings a resolved reference into the store and gives it its name. */
async function keep(resolved: Resolved, places: Places, options: PullOptions): Promise<PullResult> {
  const store = await places.store();
  const { signal, onEvent } = options;
  const name = fullString(resolved.reference);
  const before = await store.reference(name);
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
