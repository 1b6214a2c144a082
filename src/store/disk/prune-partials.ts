import type { Digest } from '#oci';
import type { Files } from './files.ts';
import { listPartials, removePartial, type StoredPartial } from './inventory.ts';
import type { LockKeeper } from './lock.ts';

/** How much of what is only partly there is kept for later runs. */
export interface PartialBounds {
  /** Milliseconds since something was last added. */
  readonly maxAge: number;
  /** Bytes of all together; the oldest go first. */
  readonly maxSize: number;
}

export interface PartialTerms {
  /** Milliseconds since 1970, of the file system. */
  readonly now: number;
  /** Of whoever is about to go on with it. */
  readonly kept: ReadonlySet<Digest>;
}

/** Removes partial downloads until the rest is within the bounds; what comes in just now stays. None without bounds. */
export async function prunePartials(
  files: Files,
  locks: LockKeeper,
  bounds: PartialBounds | undefined,
  { now, kept }: PartialTerms,
): Promise<readonly StoredPartial[]> {
  if (bounds === undefined) return [];
  const partials = listPartials(files).toSorted((a, b) => a.modified - b.modified);
  let size = partials.reduce((sum, partial) => sum + partial.size, 0);
  const removed: StoredPartial[] = [];
  for (const partial of partials) {
    if (now - partial.modified <= bounds.maxAge && size <= bounds.maxSize) continue;
    if (kept.has(partial.digest) || !(await removePartial(files, locks, partial.digest))) continue;
    size -= partial.size;
    removed.push(partial);
  }
  return removed;
}
