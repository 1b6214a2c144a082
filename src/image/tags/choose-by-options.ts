import type { Reference } from '#oci';
import type { Places } from '../places.ts';
import type { TagsOptions } from '../tags.ts';
import { tagDates } from './tag-dates.ts';
import { matchingTags } from './tag-pattern.ts';
import { compareVersions, tagVersion } from './tag-version.ts';
import { versionRange } from './version-range.ts';

/** The tags that the options say, in the order that they say. Pattern and range are read before anything is asked for. */
export async function chooseByOptions(
  repository: Reference,
  read: () => Promise<readonly string[]>,
  places: Places,
  options: TagsOptions,
): Promise<readonly string[]> {
  const { filter, semver, sort, newest, limit } = options;
  if (filter !== undefined) matchingTags([], filter);
  const inRange = semver === undefined ? undefined : versionRange(semver);
  const all = await read();
  const matching = filter === undefined ? all : matchingTags(all, filter);
  const isIn = (tag: string): boolean => {
    const version = tagVersion(tag);
    return inRange === undefined || (version !== undefined && inRange(version));
  };
  const chosen = matching.filter(isIn);
  if (sort === 'date') {
    const dates = await tagDates(repository, chosen, places, options);
    return byKey(
      chosen,
      (tag) => dates.get(tag),
      (a, b) => a - b,
    )
      .slice(0, newest)
      .slice(0, limit);
  }
  if (newest === undefined && sort !== 'semver') return ordered(chosen, sort).slice(0, limit);
  const versions = byKey(chosen, tagVersion, compareVersions);
  if (newest === undefined) return versions.slice(0, limit);
  const kept = new Set(versions.filter((tag) => tagVersion(tag) !== undefined).slice(0, newest));
  return (sort === 'semver' ? versions : ordered(chosen, sort)).filter((tag) => kept.has(tag)).slice(0, limit);
}

function ordered(tags: readonly string[], sort: TagsOptions['sort']): readonly string[] {
  return sort === 'name' ? tags.toSorted() : tags;
}

/** The highest first, those without a key last, and by name where nothing else tells them apart. */
function byKey<K>(
  tags: readonly string[],
  keyOf: (tag: string) => K | undefined,
  compare: (a: K, b: K) => number,
): readonly string[] {
  const keyed = tags.map((tag) => ({ tag, key: keyOf(tag) }));
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined) {
      if (a.key !== b.key) return a.key === undefined ? 1 : -1;
    } else {
      const order = compare(b.key, a.key);
      if (order !== 0) return order;
    }
    return a.tag < b.tag ? -1 : 1;
  });
  return keyed.map(({ tag }) => tag);
}
