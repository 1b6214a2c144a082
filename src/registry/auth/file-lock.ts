import { open, rm, stat } from 'node:fs/promises';
import { DrayError, errnoOf } from '#errors';
import type { Clock } from '#timing';

/** Milliseconds: work under this lock takes a few, so one that is older was left behind by a process that died. */
const STALE = 10_000;
const PATIENCE = 15_000;
const PAUSE = 15;

export interface LockOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Does `work` while no other dray does any under the same lock file. Rejects with BUSY when it does not get free. */
export async function withLock<T>(lock: string, { clock, signal }: LockOptions, work: () => Promise<T>): Promise<T> {
  const began = clock.monotonic();
  while (!(await take(lock, clock))) {
    if (clock.monotonic() - began > PATIENCE)
      throw new DrayError('BUSY', `${lock} is held by another process`, {
        hint: 'remove it, if no other dray is running',
      });
    await clock.sleep(PAUSE * (1 + Math.random()), signal);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string, clock: Clock): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  const stats = await stat(lock).catch(() => undefined);
  if (stats !== undefined && clock.now() - stats.mtimeMs > STALE) {
    // Two that find it at the same moment could both go on. That needs a crash within the few milliseconds before.
    await rm(lock, { force: true });
  }
  return false;
}
