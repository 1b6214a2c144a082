import { DrayError } from '#errors';

export interface ChooseTagsOptions {
  /** Patterns with `*`, `?` and `[…]`; all tags by default. */
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** So many of those that are left, the highest first, as versions are ordered. */
  readonly newest?: number | undefined;
}

/** The tags that the patterns say, in their order; with `newest` the highest. Rejects with INVALID_OPTION for a pattern that is none. */
export function chooseTags(tags: readonly string[], options: ChooseTagsOptions): readonly string[] {
  const { include = ['*'], exclude = [], newest } = options;
  const wanted = include.map(patternOf);
  const unwanted = exclude.map(patternOf);
  const chosen = tags.filter(
    (tag) => wanted.some((one) => matches(tag, one)) && !unwanted.some((one) => matches(tag, one)),
  );
  if (newest === undefined) return chosen;
  return chosen.toSorted((a, b) => compareVersions(b, a)).slice(0, newest);
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

/** Numbers in the text by their value, a version before its pre-releases (`1.2` above `1.2-rc1`), all else by code units. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const one = left[at];
    const other = right[at];
    if (one === other) continue;
    if (one === undefined) return other === '-' ? 1 : -1;
    if (other === undefined) return one === '-' ? -1 : 1;
    const numbers = [one, other].every((part) => /^\d+$/.test(part));
    if (numbers && BigInt(one) !== BigInt(other)) return BigInt(one) < BigInt(other) ? -1 : 1;
    if (!numbers) return one < other ? -1 : 1;
  }
  return 0;
}

function partsOf(version: string): readonly string[] {
  return version.replace(/^v(?=\d)/, '').match(/\d+|-|[^\d-]+/g) ?? [];
}
