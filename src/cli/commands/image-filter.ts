import type { StoredImage } from '#image';
import { hasLabel, matchesRepository, parseReference } from '#oci';
import type { ValueParser } from '../flags/values.ts';
import { UsageError } from '../usage-error.ts';

/** One `--filter`. */
export interface ImageFilter {
  readonly kind: (typeof KINDS)[number];
  readonly value: string;
}

const KINDS = ['before', 'dangling', 'label', 'reference', 'since', 'until'] as const;

/** Reads `dangling=BOOL`, `label=KEY[=VALUE]`, `reference=PATTERN`, `before=IMAGE`, `since=IMAGE` and `until=TIME`. */
export const imageFilter: ValueParser<ImageFilter> = (text, flag) => {
  const [, name = '', value = ''] = /^\s*(\w+)\s*=\s*(.*)$/s.exec(text) ?? [];
  if (name === '') {
    throw new UsageError(`invalid argument ${JSON.stringify(text)} for "${flag}" flag: a filter is NAME=VALUE`);
  }
  const kind = KINDS.find((each) => each === name);
  if (kind === undefined) {
    throw new UsageError(`invalid filter '${name}'`, { hint: `there are ${KINDS.join(', ')}`, dockerStatus: 1 });
  }
  if (kind === 'dangling' && !/^(0|1|t|f|true|false)$/i.test(value)) {
    throw new UsageError(`invalid filter 'dangling=${value}': true or false is wanted`, { dockerStatus: 1 });
  }
  return { kind, value };
};

/** When images were made that others are compared with, in milliseconds since 1970; NaN where that is not known. */
export interface FilterTimes {
  readonly before: number | undefined;
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/**
 * The images that pass, with those names that do, in groups of one ID. As in docker any of several references may match, but all labels must; and an
 * image is dangling that has no tag (among the names asked for).
 */
export function filterImages(
  images: readonly StoredImage[],
  filters: readonly ImageFilter[],
  times: FilterTimes,
): readonly (readonly StoredImage[])[] {
  const of = (kind: ImageFilter['kind']): readonly string[] =>
    filters.filter((filter) => filter.kind === kind).map(({ value }) => value);
  const patterns = of('reference');
  const dangling = of('dangling').map((value) => /^(1|t|true)$/i.test(value));
  const groups = new Map<string, StoredImage[]>();
  for (const image of images) {
    if (patterns.length > 0 && !patterns.some((pattern) => isNamed(image, pattern))) continue;
    if (!of('label').every((label) => hasLabel(image.labels, label)) || !isTimely(image, times)) continue;
    groups.set(image.id, [...(groups.get(image.id) ?? []), image]);
  }
  return [...groups.values()].filter(
    (group) => dangling.length === 0 || dangling.includes(group.every(({ tag }) => tag === undefined)),
  );
}

function isTimely({ created = '' }: StoredImage, { before, since, until }: FilterTimes): boolean {
  const time = Date.parse(created);
  const isWithin = (bound: number | undefined, holds: (bound: number) => boolean): boolean =>
    bound === undefined || Number.isNaN(bound) || Number.isNaN(time) || holds(bound);
  return (
    isWithin(before, (bound) => time < bound) &&
    isWithin(since, (bound) => time > bound) &&
    isWithin(until, (bound) => time <= bound)
  );
}

function isNamed({ repository, tag, digest }: StoredImage, pattern: string): boolean {
  if (repository === undefined) return false;
  return matchesRepository(
    parseReference(tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`),
    pattern,
  );
}
