import { DrayError } from '#errors';
import { familiarString, fullString } from '#oci';
import type { Places } from '../places.ts';
import type { PullOptions, PullPlan } from '../types.ts';
import { wantedPlatforms } from '../wanted.ts';
import { allBlobs } from './blobs.ts';
import { parseNames } from './names.ts';
import { resolveReference } from './resolve-reference.ts';
import { pulledImages } from './result.ts';

/**
 * What `pullAll` of one reference would fetch: only documents are asked for, nothing is kept. Rejects with UNSUPPORTED for docker's first format,
 * whose image is not known before its layers are here.
 */
export async function planPull(text: string, places: Places, options: PullOptions = {}): Promise<PullPlan> {
  const wanted = wantedPlatforms(options, places.host);
  const [reference] = parseNames([text], { allTags: false, onEvent: options.onEvent });
  if (reference === undefined) throw new DrayError('BUG', `no reference in ${text}`);
  const [resolved] = await resolveReference(reference, places, wanted, { ...options, plan: true });
  if (resolved === undefined) throw new DrayError('BUG', `nothing resolved for ${text}`);
  const present = new Set<string>();
  const blobs = allBlobs(resolved);
  if (options.store !== false) {
    const store = await places.store();
    for (const blob of blobs) if (await store.has(blob, { signal: options.signal })) present.add(blob.digest);
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
