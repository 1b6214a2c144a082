import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The bytes that the largest file below a folder takes on the disk, also while others write there: what has arrived, whatever was sent. */
export function largestFile(folder: string): number {
  return Math.max(
    0,
    ...filesBelow(folder).map((path) => (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512),
  );
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
  } catch {
    // It has gone meanwhile.
    return [];
  }
}
