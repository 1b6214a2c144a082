/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Sorted, without empty ones, with those that touch or overlap made one. */
export function mergeRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const sorted = ranges.filter((range) => range.end > range.start).sort((a, b) => a.start - b.start);
  const merged: ByteRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else merged.push(range);
  }
  return merged;
}

/** What of `[0, size)` is not in `have`. */
export function missingRanges(have: readonly ByteRange[], size: number): ByteRange[] {
  const missing: ByteRange[] = [];
  let at = 0;
  for (const range of mergeRanges(have)) {
    if (range.start > at) missing.push({ start: at, end: Math.min(range.start, size) });
    at = Math.max(at, range.end);
  }
  if (at < size) missing.push({ start: at, end: size });
  return missing;
}

/** How many bytes the ranges cover together. */
export function coveredBytes(ranges: readonly ByteRange[]): number {
  return mergeRanges(ranges).reduce((sum, range) => sum + range.end - range.start, 0);
}
