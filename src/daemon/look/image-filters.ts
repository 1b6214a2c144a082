import type { Dray, ImageRow } from '#dray';
import type { Filters } from '#engine';
import { hasLabel, matchesRepository, parseReference, quoted } from '#oci';
import { parsePastTime } from '#timing';
import { EngineError } from '../http/engine-error.ts';
import { booleanFilter } from './read-filters.ts';
import { unixNanoseconds } from './unix-time.ts';

export const IMAGE_FILTERS: ReadonlySet<string> = new Set([
  'before',
  'dangling',
  'label',
  'label!',
  'reference',
  'since',
  'until',
]);

/** Gives an image with those of its names that are asked for; undefined for an image that is not. */
export type ImageFilter = (row: ImageRow) => ImageRow | undefined;

/**
 * What `filters` ask for. As in docker all of several labels and times have to hold, but any of several references; and an image is dangling
 * that has no tag among those asked for. Rejects, before any image is looked at, with an EngineError 400 for a value that says nothing, and with
 * MANIFEST_UNKNOWN where `before` or `since` name an image that is not there.
 */
export async function imageFilter(filters: Filters, dray: Dray, signal: AbortSignal): Promise<ImageFilter> {
  if (Object.keys(filters).length === 0) return (row) => row;
  const dangling = booleanFilter(filters, 'dangling');
  const patterns = filters['reference'];
  const isNamed = (name: string): boolean => patterns === undefined || matchesAny(name, patterns);
  for (const pattern of patterns ?? []) matchesAny('x', [pattern]);
  const isTimely = await timeFilter(filters, dray, signal);
  return (row) => {
    if (!isTimely(row) || !isLabelled(row, filters)) return undefined;
    const tags = row.tags.filter(isNamed);
    const digests = row.digests.filter(isNamed);
    const isNameless = tags.length === 0 && digests.length === 0;
    if (isNameless && (dangling === false || patterns !== undefined)) return undefined;
    if (dangling === true && tags.length > 0) return undefined;
    return { ...row, tags, digests };
  };
}

function matchesAny(name: string, patterns: readonly string[]): boolean {
  const reference = parseReference(name);
  try {
    return patterns.some((pattern) => matchesRepository(reference, pattern));
  } catch (cause) {
    throw new EngineError(400, 'syntax error in pattern', { cause });
  }
}

function isLabelled({ labels }: ImageRow, filters: Filters): boolean {
  const has = (label: string): boolean => hasLabel(labels, label);
  return (filters['label'] ?? []).every(has) && !(filters['label!'] ?? []).some(has);
}

async function timeFilter(filters: Filters, dray: Dray, signal: AbortSignal): Promise<(row: ImageRow) => boolean> {
  const before = [...(await timesOf(filters['before'], dray, signal)), ...(filters['until'] ?? []).map(pastTime)];
  const since = await timesOf(filters['since'], dray, signal);
  return ({ created }) => {
    const time = unixNanoseconds(created);
    if (time === undefined) return before.length === 0 && since.length === 0;
    return before.every((bound) => time < bound) && since.every((bound) => time > bound);
  };
}

/** When images were made; of one that does not say it nothing is asked. */
async function timesOf(names: readonly string[] = [], dray: Dray, signal: AbortSignal): Promise<readonly bigint[]> {
  const times: bigint[] = [];
  for (const name of names) {
    const time = unixNanoseconds((await dray.describe(name, { signal })).image.Created);
    if (time !== undefined) times.push(time);
  }
  return times;
}

function pastTime(text: string): bigint {
  const time = parsePastTime(text, Date.now());
  if (time === undefined) {
    throw new EngineError(400, `failed to parse value as time or duration: ${quoted(text)}`);
  }
  return BigInt(Math.round(time)) * 1_000_000n;
}
