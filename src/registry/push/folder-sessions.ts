import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#errors';
import type { UploadSessions } from '../types.ts';

/** Registries clean up sooner. */
const KEPT_FOR = 7 * 24 * 3600 * 1000;
const MOST_BYTES = 16_384;

/**
 * Sessions in a folder, which is made when there is something to keep: one file each, for the owner alone, since an address may hold a secret.
 * One whose process is still at work is not given to another. What cannot be kept or read is as if it had never been: a blob is then sent from its start. Those of last week are removed.
 */
export function folderSessions(folder: string): UploadSessions {
  let prepared: Promise<void> | undefined;
  const pathOf = (key: string): string => join(folder, `${createHash('sha256').update(key).digest('hex')}.json`);
  return {
    read: (key) => readEntry(pathOf(key), key).catch(() => undefined),
    write: async (key, location) => {
      const path = pathOf(key);
      const fresh = `${path}.${randomUUID()}.tmp`;
      try {
        prepared ??= prepare(folder);
        await prepared;
        await writeFile(fresh, `${JSON.stringify({ key, location, pid: process.pid })}\n`, { mode: 0o600, flag: 'wx' });
        await rename(fresh, path);
      } catch {
        await rm(fresh, { force: true }).catch(() => {});
      }
    },
    remove: (key) => rm(pathOf(key), { force: true }).catch(() => {}),
  };
}

async function readEntry(path: string, key: string): Promise<string | undefined> {
  const { size, mtimeMs } = await stat(path);
  if (size > MOST_BYTES || Date.now() - mtimeMs > KEPT_FOR) return undefined;
  const entry: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (typeof entry !== 'object' || entry === null || !('key' in entry) || !('location' in entry)) return undefined;
  if (entry.key !== key || typeof entry.location !== 'string') return undefined;
  return 'pid' in entry && isAtWork(entry.pid) ? undefined : entry.location;
}

async function prepare(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await clean(folder).catch(() => {});
}

async function clean(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > KEPT_FOR) await rm(path, { force: true });
  }
}

/** Another process than this one, as far as can be seen from here. */
function isAtWork(pid: unknown): boolean {
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
