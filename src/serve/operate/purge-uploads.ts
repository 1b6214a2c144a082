import { join } from 'node:path';
import { discard } from './discard.ts';
import type { Pass } from './pass.ts';

/** Removes the uploads of a repository, docker-registry's too, to which nothing was written for `age` milliseconds. */
export async function purgeUploads(pass: Pass, repository: string, age: number): Promise<void> {
  const { tree } = pass;
  const folder = join(tree.paths.repository(repository), '_uploads');
  for await (const id of tree.names(folder)) await purge(pass, { folder, id, repository, age });
}

/** Removes what processes were making that are gone. */
export async function purgeTemporary(pass: Pass, age: number): Promise<void> {
  const folder = pass.tree.paths.tmp;
  for await (const id of pass.tree.names(folder)) await purge(pass, { folder, id, repository: undefined, age });
}

interface Stale {
  readonly folder: string;
  readonly id: string;
  readonly repository: string | undefined;
  readonly age: number;
}

async function purge(pass: Pass, { folder, id, repository, age }: Stale): Promise<void> {
  const { now, dryRun } = pass;
  const path = join(folder, id);
  const found = await measure(pass, path);
  if (found === undefined || now - found.written < age) return;
  if (!dryRun) {
    pass.lock?.assertHeld({ now: true });
    const isStale = async (aside: string): Promise<boolean> =>
      now - ((await measure(pass, aside))?.written ?? now) >= age;
    if (!(await discard(pass, path, isStale))) return;
  }
  pass.removed({ kind: 'upload', repository, name: id, bytes: found.bytes });
}

/** When something in a folder was last written to, in milliseconds since the epoch, and how large it is. */
async function measure(
  pass: Pass,
  path: string,
): Promise<{ readonly written: number; readonly bytes: number } | undefined> {
  const stat = pass.tree.stat(path);
  if (stat === undefined) return undefined;
  let written = stat.mtimeMs;
  let bytes = stat.isFile() ? stat.size : 0;
  if (stat.isDirectory()) {
    for await (const name of pass.tree.names(path)) {
      const inside = await measure(pass, join(path, name));
      written = Math.max(written, inside?.written ?? 0);
      bytes += inside?.bytes ?? 0;
    }
  }
  return { written, bytes };
}
