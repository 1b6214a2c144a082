import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { familiarString, type Reference } from '#oci';
import type { RegistryClient } from '#registry';
import type { Places } from './places.ts';
import { parseRemote } from './remote/parse-remote.ts';

export interface TagsOptions extends CallOptions {
  /** A pattern with `*`, `?` and `[…]`, or a regular expression between slashes: tags that are not so are left out. */
  readonly filter?: string | undefined;
  /** A range of versions as npm writes it, `^1.2`: tags that are none of them, or no versions, are left out. */
  readonly semver?: string | undefined;
  /**
   * The registry's order by default. `name`: by code units; `semver`: newest version first, tags that are no versions last; `date`: last created first,
   * for which the config of each tag is read.
   */
  readonly sort?: 'name' | 'semver' | 'date' | undefined;
  /** So many of the newest, by date with `sort: 'date'`, else by version. */
  readonly newest?: number | undefined;
  /** So many of what would come. */
  readonly limit?: number | undefined;
}

/** The tags of a repository. Rejects with INVALID_REFERENCE for a name that has a tag, INVALID_OPTION for a pattern or a range that is none. */
export async function listTags(text: string, places: Places, options: TagsOptions = {}): Promise<readonly string[]> {
  const reference = parseRemote(text);
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new DrayError(
      'INVALID_REFERENCE',
      `cannot list the tags of ${familiarString(reference)}: it names one already`,
      {
        hint: 'leave the tag out',
      },
    );
  }
  const { filter, semver, sort, newest, limit } = options;
  const isPlain = filter === undefined && semver === undefined && sort === undefined && newest === undefined;
  const read = (): Promise<readonly string[]> => readTags(reference, places.registries, options);
  if (isPlain) return (await read()).slice(0, limit);
  // Versions and dates are loaded where they are asked for.
  const { chooseByOptions } = await import('./tags/choose-by-options.ts');
  return chooseByOptions(reference, read, places, options);
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
