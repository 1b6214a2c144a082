import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { familiarString, fullString, parseReference, refuseReservedName, withDefaultTag } from '#oci';
import type { DiskStore } from '#store';
import { findStored } from './stored/find-stored.ts';

export type TagOptions = Pick<CallOptions, 'signal'>;

/**
 * Gives an image of the store another name, which it takes from whatever had it. Resolves with the familiar name. Rejects with INVALID_REFERENCE for a
 * name that cannot be given, before anything is looked for, and with MANIFEST_UNKNOWN.
 */
export async function tagImage(
  text: string,
  newName: string,
  store: DiskStore,
  { signal }: TagOptions = {},
): Promise<string> {
  const parsed = parseReference(newName);
  if (parsed.digest !== undefined) {
    throw new DrayError('INVALID_REFERENCE', 'refusing to create a tag with a digest reference');
  }
  refuseReservedName(parsed);
  const reference = withDefaultTag(parsed);
  const { stored, manifest } = await findStored(text, store, { signal });
  // An ID means one platform's image; the name shall stand for all that the root has where that is what is shown.
  const whole = manifest === undefined || stored.manifests.length <= 1;
  const root = whole ? stored.root : manifest;
  const manifests = whole ? stored.manifests : [manifest];
  const lease = await store.lease([root], { signal });
  try {
    await store.remember({ name: fullString(reference), root, manifests }, { signal });
  } finally {
    await lease.release();
  }
  return familiarString(reference);
}
