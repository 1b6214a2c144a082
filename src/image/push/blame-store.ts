import { createHash } from 'node:crypto';
import type { CallOptions } from '#content';
import { DrayError, hasCode, throwIfCancelled } from '#errors';
import { type Descriptor, digestParts } from '#oci';
import type { DiskStore } from '#store';
import { workOf } from '../copy/copied.ts';
import type { Selection } from '../copy/selection.ts';

/**
 * The error to tell of a push that ended with `error`: what the store has is not hashed on its way, so where the registry found other bytes than it was
 * promised, the store is looked through. What a disk has damaged is dropped.
 */
export async function blameStore(
  error: unknown,
  selection: Selection,
  store: DiskStore,
  options: CallOptions,
): Promise<unknown> {
  if (!hasCode(error, 'DIGEST_MISMATCH', 'SIZE_MISMATCH')) return error;
  const damaged: string[] = [];
  for (const { target } of workOf(selection)) {
    if (!(await store.has(target)) || (await isWhole(target, store, options))) continue;
    await store.discard(target.digest, options);
    damaged.push(target.digest);
  }
  if (damaged.length === 0) return error;
  return new DrayError('DIGEST_MISMATCH', `the store held damaged bytes for ${damaged.join(', ')}; they are dropped`, {
    hint: 'pull or load the image again, then push it',
    detail: { damaged },
    cause: error,
  });
}

async function isWhole(target: Descriptor, store: DiskStore, { signal }: CallOptions): Promise<boolean> {
  const { algorithm } = digestParts(target.digest);
  const hash = createHash(algorithm);
  for await (const chunk of await store.fetch(target, { signal })) {
    throwIfCancelled(signal);
    hash.update(chunk);
  }
  return `${algorithm}:${hash.digest('hex')}` === target.digest;
}
