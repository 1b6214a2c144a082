import type { CallOptions } from '#content';
import { DrayError, isDrayError } from '#errors';
import {
  type Descriptor,
  familiarString,
  fullName,
  fullString,
  parseReference,
  quoted,
  type Reference,
  refuseReservedName,
  withDefaultTag,
} from '#oci';
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
  const parsed = parseNewName(newName);
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
    const source = await sourceOf(reference, root, store, { signal });
    // One of several may have been removed before the lease.
    const here: Descriptor[] = [];
    for (const one of manifests) if (await store.has(one, { signal })) here.push(one);
    await store.remember({ name: fullString(reference), root, manifests: here, source }, { signal });
  } finally {
    await lease.release();
  }
  return familiarString(reference);
}

/** Where the repository has this root from, if it has: its other tags are known by the same digest. */
async function sourceOf(
  reference: Reference,
  root: Descriptor,
  store: DiskStore,
  options: CallOptions,
): Promise<string | undefined> {
  const repository = fullName(reference);
  const all = await store.references(options);
  const known = all.find(
    ({ name, root: other, source }) =>
      source !== '' &&
      other.digest === root.digest &&
      name !== undefined &&
      fullName(parseReference(name)) === repository,
  );
  return known?.source;
}

function parseNewName(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    if (!isDrayError(error)) throw error;
    const message = `Error parsing reference: ${quoted(text)} is not a valid repository/tag: ${error.message}`;
    throw new DrayError(error.code, message, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}
