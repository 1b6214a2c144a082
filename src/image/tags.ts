import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { familiarString, parseReference, type Reference } from '#oci';
import type { RegistryClient } from '#registry';

/** The tags of a repository, in the registry's order. Rejects with INVALID_REFERENCE for a name that has a tag. */
export async function listTags(
  text: string,
  registries: RegistryClient,
  options: CallOptions = {},
): Promise<readonly string[]> {
  const reference = parseReference(text);
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new DrayError(
      'INVALID_REFERENCE',
      `cannot list the tags of ${familiarString(reference)}: it names one already`,
      {
        hint: 'leave the tag out',
      },
    );
  }
  return readTags(reference, registries, options);
}

/** All tags, once every page has come: an endpoint may fail on any of them, and what it gave before would come twice. */
export async function readTags(
  repository: Reference,
  registries: RegistryClient,
  { signal, onEvent }: CallOptions,
): Promise<readonly string[]> {
  return registries.over(
    repository,
    async (place) => {
      const tags: string[] = [];
      for await (const tag of place.tags({ signal, onEvent })) tags.push(tag);
      return tags;
    },
    { action: 'list the tags of', signal, onEvent },
  );
}
