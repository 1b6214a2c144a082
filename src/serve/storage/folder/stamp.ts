import type { Stats } from 'node:fs';

/** Younger files may be changed again without their times telling: those are counted in ticks of up to 10 ms, and some file systems' in more. */
const SETTLED = 100;

/** What a file or folder was when it was read. What was read holds for as long as `isStill` says so. */
export interface Stamp {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** It had not been changed for a while. */
  readonly isSettled: boolean;
}

/**
 * @param stats taken before it was read
 * @param now milliseconds since 1970, then
 */
export function stampOf({ ino, size, mtimeMs, ctimeMs }: Stats, now: number): Stamp {
  return { ino, size, mtimeMs, ctimeMs, isSettled: now - Math.max(mtimeMs, ctimeMs) > SETTLED };
}

export function isStill(stamp: Stamp, stats: Stats): boolean {
  return (
    stamp.isSettled &&
    stamp.mtimeMs === stats.mtimeMs &&
    stamp.ctimeMs === stats.ctimeMs &&
    stamp.ino === stats.ino &&
    stamp.size === stats.size
  );
}
