import type { Page, PageOptions } from './port.ts';

/** The part of sorted names that was asked for. */
export function pageOf(sorted: readonly string[], { after, limit }: PageOptions): Page {
  const start = after === undefined ? 0 : firstAfter(sorted, after);
  const end = limit === undefined ? sorted.length : Math.min(sorted.length, start + limit);
  return { names: sorted.slice(start, end), more: end < sorted.length };
}

/** Where the names begin that come after `name`. */
export function firstAfter(sorted: readonly string[], name: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}
