import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * All that a folder holds, a line for each: kind and rights, owner, time, device, links to one file, content.
 * @param folderTimes whether the times of folders count: who makes folders that no layer names gives them the time of day
 */
export function treePicture(root: string, { folderTimes }: { readonly folderTimes: boolean }): readonly string[] {
  const lines: string[] = [];
  const first = new Map<bigint, string>();
  const visit = (path: string): void => {
    const full = join(root, path);
    const stats = lstatSync(full, { bigint: true });
    const isFolder = stats.isDirectory();
    const same = isFolder ? '' : (first.get(stats.ino) ?? '');
    if (!isFolder && same === '') first.set(stats.ino, path);
    const { mode, uid, gid, mtimeNs, rdev } = stats;
    // Node sets times to a microsecond on its oldest releases.
    const time = isFolder && !folderTimes ? '' : mtimeNs / 1000n;
    const device = stats.isCharacterDevice() || stats.isBlockDevice() ? rdev : '';
    lines.push(`${path} ${mode.toString(8)} ${uid}:${gid} ${time} ${device} ${same} ${contentOf(full, stats)}`);
    if (isFolder) for (const name of readdirSync(full).toSorted()) visit(join(path, name));
  };
  visit('.');
  return lines;
}

function contentOf(path: string, stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  return stats.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
}
