import { DrayError } from '#errors';
import { familiarString, parseReference, type Reference, refuseReservedName, withDefaultTag } from '#oci';
import type { DiskStore } from '#store';
import { notLocal } from './not-local.ts';
import type { PushOptions } from './push-result.ts';

/**
 * The names that are pushed, `latest` where nothing is said. Rejects with INVALID_REFERENCE, also for one by digest, or INVALID_OPTION for a tag
 * beside "all tags", before anything is asked.
 */
export function parsePushNames(
  texts: readonly string[],
  { allTags, from, onEvent }: PushOptions,
): readonly Reference[] {
  if (allTags === true && from !== undefined) {
    throw new DrayError('INVALID_OPTION', 'all tags can be pushed of the store alone, not of an archive or a layout');
  }
  const references = texts.map(parseReference);
  for (const reference of references) {
    refuseReservedName(reference);
    if (reference.digest !== undefined) {
      throw new DrayError('INVALID_REFERENCE', `cannot push ${familiarString(reference)}: it is a digest reference`, {
        hint: 'name a tag',
      });
    }
    if (allTags === true && reference.tag !== undefined) {
      throw new DrayError('INVALID_OPTION', "tag can't be used with --all-tags/-a");
    }
  }
  if (allTags === true) return references;
  return references.map((reference) => {
    if (reference.tag === undefined) onEvent?.({ kind: 'notice', text: 'Using default tag: latest' });
    return withDefaultTag(reference);
  });
}

/** The names that the store has in a repository, by tag. Rejects with NOT_FOUND where it has none. */
export async function storedTags(
  repository: Reference,
  store: DiskStore,
  { signal }: PushOptions,
): Promise<readonly Reference[]> {
  const tagged = (await store.references({ signal })).flatMap(({ name }) => {
    const reference = name === undefined ? undefined : parseReference(name);
    const isIts = reference?.domain === repository.domain && reference.path === repository.path;
    return isIts && reference.tag !== undefined && reference.digest === undefined ? [reference] : [];
  });
  if (tagged.length > 0) return tagged.toSorted((a, b) => ((a.tag ?? '') < (b.tag ?? '') ? -1 : 1));
  throw notLocal(repository);
}
