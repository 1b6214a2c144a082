import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import type { Clock } from '#timing';
import { readText } from '../disk/files.ts';
import { LockKeeper } from '../disk/lock.ts';
import { type HeldLock, type LockTimings, parse } from '../disk/lock-file.ts';
import type { OwnerProof } from '../disk/owner.ts';
import type { FileSystem } from '../file-system.ts';

export interface LockOptions extends CallOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly timings?: Partial<LockTimings> | undefined;
  readonly owners?: OwnerProof | undefined;
}

/** Milliseconds: by default what it takes to notice that an owner elsewhere is dead, and how much longer to wait. */
const STALE = 8000;
const PATIENCE = 2000;

/** The right to write the file at `path`; rejects with BUSY, naming the owner, where another process keeps it. */
export async function lockFile(path: string, options: LockOptions): Promise<HeldLock> {
  const { fs, clock, timings, owners } = options;
  const file = `${path}.lock`;
  const end = clock.monotonic() + (timings?.stale ?? STALE) + PATIENCE;
  const lock = await new LockKeeper({ fs, clock, timings, owners }).acquire(file, {
    signal: options.signal,
    until: () => clock.monotonic() > end,
    onWait: () => options.onEvent?.({ kind: 'warning', text: `waiting: ${describe(fs, file)} is writing ${path}` }),
  });
  if (lock !== undefined) return lock;
  throw new DrayError('BUSY', `cannot write ${path}: ${describe(fs, file)} is writing it`, {
    hint: 'wait for it to end, or write to another file',
    detail: { path, lock: file },
  });
}

function describe(fs: FileSystem, file: string): string {
  const owner = parse(readText(fs, file) ?? '');
  return owner === undefined ? 'another process' : `process ${owner.pid} (${owner.scope})`;
}
