import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { familiarName, type Reference, refuseReservedName, withDefaultTag } from '#oci';
import type { RegistryClient } from '#registry';
import { parseRemote } from '../remote/parse-remote.ts';
import { readTags } from '../tags.ts';

export interface NamesOptions extends CallOptions {
  readonly allTags: boolean;
}

/**
 * The references that a pull is about, normalised, `latest` where nothing is said. Nothing is asked of a registry before all of them are
 * valid. Rejects with INVALID_REFERENCE, or INVALID_OPTION for a tag beside "all tags".
 */
export function parseNames(texts: readonly string[], options: NamesOptions): readonly Reference[] {
  const references = texts.map(parseRemote);
  for (const reference of references) refuseReservedName(reference);
  if (options.allTags) {
    for (const { tag, digest } of references) {
      if (tag !== undefined || digest !== undefined) {
        throw new DrayError('INVALID_OPTION', "tag can't be used with --all-tags/-a");
      }
    }
    return references;
  }
  return references.map((reference) => {
    if (reference.tag === undefined && reference.digest === undefined) {
      options.onEvent?.({ kind: 'notice', text: 'Using default tag: latest' });
    }
    return withDefaultTag(reference);
  });
}

/** One reference per tag of a repository. Rejects with MANIFEST_UNKNOWN where it has none. */
export async function everyTag(
  repository: Reference,
  registries: RegistryClient,
  options: CallOptions,
): Promise<readonly Reference[]> {
  const tags = await readTags(repository, registries, options);
  if (tags.length === 0) throw new DrayError('MANIFEST_UNKNOWN', `${familiarName(repository)} has no tags`);
  return tags.map((tag) => ({ domain: repository.domain, path: repository.path, tag }));
}
