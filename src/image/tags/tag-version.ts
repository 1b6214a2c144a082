/** A tag that is a version: `1.2.3`, `v1.2`, `3`, `1.2.3-rc.1`, `1.27-alpine`. What is left out counts as 0. */
export interface TagVersion {
  readonly numbers: readonly [major: number, minor: number, patch: number];
  /** What follows a hyphen, in its parts; a version with nothing there is newer. */
  readonly suffix: readonly string[];
}

const VERSION = /^v?(0|[1-9]\d{0,14})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:-([0-9A-Za-z.-]+))?(?:[+_][0-9A-Za-z.-]+)?$/;

/** The version that a tag is, or undefined. */
export function tagVersion(tag: string): TagVersion | undefined {
  const match = VERSION.exec(tag);
  if (match === null) return undefined;
  const [, major, minor, patch, suffix] = match;
  return {
    numbers: [Number(major), Number(minor ?? 0), Number(patch ?? 0)],
    suffix: suffix === undefined ? [] : suffix.split('.'),
  };
}

/** Below 0 where `a` is older than `b`, as semver.org orders them. */
export function compareVersions(a: TagVersion, b: TagVersion): number {
  for (const [at, number] of a.numbers.entries()) {
    const difference = number - (b.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.suffix.length === 0 || b.suffix.length === 0) return b.suffix.length - a.suffix.length;
  for (let at = 0; at < Math.max(a.suffix.length, b.suffix.length); at += 1) {
    const difference = compareParts(a.suffix[at], b.suffix[at]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareParts(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const numeric = [a, b].map((part) => /^\d+$/.test(part));
  if (numeric[0] !== numeric[1]) return numeric[0] === true ? -1 : 1;
  if (numeric[0] === true && Number(a) !== Number(b)) return Number(a) - Number(b);
  return a < b ? -1 : Number(a > b);
}
