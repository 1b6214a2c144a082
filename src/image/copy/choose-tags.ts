import { DrayError } from '#errors';
import { compareVersions, tagVersion } from '../tags/tag-version.ts';
import { versionRange } from '../tags/version-range.ts';

export interface ChooseTagsOptions {
  /** Patterns with `*`, `?` and `[…]`; all tags by default. */
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** A range of versions as npm writes it, `^1.2`: tags that are none of them, or no versions, are left out. */
  readonly semver?: string | undefined;
  /** So many of those that are left, the newest version first; tags that are no versions are left out. */
  readonly newest?: number | undefined;
}

/** The tags that the options say, in their order; with `newest` the newest first. Rejects with INVALID_OPTION for a pattern or a range that is none. */
export function chooseTags(tags: readonly string[], options: ChooseTagsOptions): readonly string[] {
  const { include = ['*'], exclude = [], semver, newest } = options;
  const wanted = include.map(patternOf);
  const unwanted = exclude.map(patternOf);
  const inRange = semver === undefined ? undefined : versionRange(semver);
  const chosen = tags.filter(
    (tag) => wanted.some((one) => matches(tag, one)) && !unwanted.some((one) => matches(tag, one)),
  );
  if (inRange === undefined && newest === undefined) return chosen;
  const versions = chosen.flatMap((tag) => {
    const version = tagVersion(tag);
    return version === undefined || inRange?.(version) === false ? [] : [{ tag, version }];
  });
  if (newest === undefined) return versions.map(({ tag }) => tag);
  const sorted = versions.toSorted((a, b) => compareVersions(b.version, a.version));
  return sorted.slice(0, newest).map(({ tag }) => tag);
}

/** One character of a tag: any, or one of a class. */
type Part = '*' | ((character: string) => boolean);

/** Whether a tag is as a pattern says; takes no longer than their lengths multiplied. */
function matches(tag: string, pattern: readonly Part[]): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let from = 0;
  while (at < tag.length) {
    const part = pattern[next];
    if (part === '*') {
      star = next;
      from = at;
      next += 1;
    } else if (part !== undefined && part(tag[at] ?? '')) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      from += 1;
      at = from;
      next = star + 1;
    } else return false;
  }
  return pattern.slice(next).every((part) => part === '*');
}

function patternOf(glob: string): readonly Part[] {
  const parts = glob.match(/\*|\?|\[[^\]]+\]|[^*?[]/g) ?? [];
  if (parts.join('') !== glob) {
    throw new DrayError('INVALID_OPTION', `${JSON.stringify(glob)} is no pattern: a [ is not closed`);
  }
  return parts.map((part): Part => {
    if (part === '*') return '*';
    if (part === '?') return () => true;
    return part.length === 1 ? (character) => character === part : classOf(part.slice(1, -1));
  });
}

/** `a-z`, `!0-9` or `^0-9`, single characters. */
function classOf(text: string): (character: string) => boolean {
  const isNegated = /^[!^]/.test(text);
  const ranges = (isNegated ? text.slice(1) : text).match(/.-.|./gs) ?? [];
  return (character) => {
    const isIn = ranges.some((range) => character >= (range[0] ?? '') && character <= (range.at(-1) ?? ''));
    return isIn !== isNegated;
  };
}
