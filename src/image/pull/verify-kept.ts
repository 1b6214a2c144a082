import type { LayerDigester } from '#archive';
import type { CallOptions } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { type Descriptor, type DigestAlgorithm, digestParts } from '#oci';
import type { DiskStore, LayerFacts } from '#store';
import { layerWork } from './blobs.ts';
import type { Resolved } from './resolve.ts';

/**
 * Checks layers that were in the store before against the config's diff_ids: those that arrive are checked on the way. What was found out once is
 * remembered, so that a second pull reads nothing. Rejects with DIFF_ID_MISMATCH or CORRUPT_LAYER.
 */
export async function verifyKept(
  resolved: Pick<Resolved, 'images'>,
  present: ReadonlySet<string>,
  store: DiskStore,
  options: CallOptions,
): Promise<void> {
  for (const { target, diffId } of resolved.images.flatMap((image) => layerWork(image, true))) {
    if (diffId === undefined || !present.has(target.digest)) continue;
    const known = store.layerFacts(target.digest);
    const { algorithm } = digestParts(diffId);
    const isLike = known !== undefined && digestParts(known.diffId).algorithm === algorithm;
    const facts = isLike ? known : await findFacts(target, algorithm, store, options);
    if (facts.diffId === diffId) continue;
    throw new DrayError(
      'DIFF_ID_MISMATCH',
      `the layer ${target.digest} uncompressed is ${facts.diffId}, but the config of the image says ${diffId}`,
    );
  }
}

/** Reads a layer of the store to find out, and remembers, what it is when uncompressed. */
export async function findFacts(
  target: Descriptor,
  algorithm: DigestAlgorithm,
  store: DiskStore,
  { signal }: CallOptions,
): Promise<LayerFacts> {
  const { createLayerDigester, mostUnpacked } = await import('#archive');
  const digester = createLayerDigester({ algorithm, most: mostUnpacked(target.size) });
  try {
    const facts = await digest(target, digester, store, signal);
    await store.rememberLayer(target.digest, facts, { signal });
    return facts;
  } finally {
    digester.destroy();
  }
}

async function digest(
  target: Descriptor,
  digester: LayerDigester,
  store: DiskStore,
  signal: AbortSignal | undefined,
): Promise<LayerFacts> {
  for await (const chunk of await store.fetch(target, { signal })) {
    throwIfCancelled(signal);
    await digester.write(chunk);
  }
  const { digest: diffId, size, content } = await digester.end();
  return { diffId, size, ...(content !== undefined && { content }) };
}
