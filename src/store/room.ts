import { DrayError } from '#errors';
import type { FileSystem } from './file-system.ts';

/**
 * Rejects with DISK_FULL where a file of `bytes` cannot become whole on the disk of `folder`: better said at once than after hours, and what a
 * registry claims never fills a disk. A file system that does not say what is free is no reason to refuse.
 * @param path of the file, which need not be there; what it has already counts
 */
export function expectRoom(fs: FileSystem, folder: string, path: string, bytes: number): void {
  const free = freeBytes(fs, folder);
  if (free === undefined) return;
  const missing = bytes - allocatedBytes(fs, path);
  if (missing <= free) return;
  throw new DrayError('DISK_FULL', `writing ${path}: ${missing} more bytes are needed, and ${free} are free`, {
    hint: 'free some space, or use another folder',
    detail: { path, missing, free },
  });
}

/** What is reserved for root counts too: it may be us. */
function freeBytes(fs: FileSystem, folder: string): number | undefined {
  try {
    const { bfree, bsize, blocks } = fs.statfsSync?.(folder) ?? { bfree: 0, bsize: 0, blocks: 0 };
    return blocks > 0 ? bfree * bsize : undefined;
  } catch {
    return undefined;
  }
}

/** Of a file with holes only what is on the disk. */
function allocatedBytes(fs: FileSystem, path: string): number {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Math.min(stat.size, (stat.blocks ?? 0) * 512);
}
