import { SNIFF_LENGTH, sniffCompression } from '#archive';
import { readAll } from '#bytes';
import type { BlobWork, CallOptions, Source } from '#content';
import type { Digest } from '#oci';

/**
 * Layers that are not compressed and are said to be what they are: their digest says all, and they need not be digested twice. What they are is seen
 * in their first bytes, not in their media type.
 */
export async function plainLayers(
  source: Source,
  work: readonly BlobWork[],
  { signal }: CallOptions,
): Promise<ReadonlyMap<Digest, number>> {
  const plain = new Map<Digest, number>();
  for (const { target, diffId } of work) {
    if (diffId !== target.digest || !(await source.has(target, { signal }))) continue;
    const head = await readAll(await source.fetch(target, { end: SNIFF_LENGTH, signal }), SNIFF_LENGTH, target.digest);
    if (sniffCompression(head) === 'none') plain.set(target.digest, target.size);
  }
  return plain;
}
