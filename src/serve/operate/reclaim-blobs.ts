import { randomBytes } from 'node:crypto';
import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '#oci';
import { asFailure, Files, LockKeeper } from '#store';
import { systemClock } from '#timing';
import { Pace } from './pace.ts';
import { sweepBatch } from './sweep-blobs.ts';
import { RegistryTree } from './tree.ts';

export interface ReclaimOptions {
  /** Folder of the storage, which other processes may be using. */
  readonly root: string;
  readonly sync?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Deletes the bytes of those of `digests` that no repository links any more, at once and whatever their age: for what its owner knows that nobody
 * is about to link. Waits for other processes that clean up. Rejects with CANCELLED and IO_FAILED.
 */
export async function reclaimBlobs(
  digests: readonly Digest[],
  { root, sync = true, signal }: ReclaimOptions,
): Promise<void> {
  const files = new Files({ root, fs: nodeFs, sync, id: randomBytes(6).toString('hex'), shared: true });
  const tree = new RegistryTree({ root, fs: nodeFs, pace: new Pace(signal) });
  try {
    await files.ensure(files.path('dray'));
    const keeper = new LockKeeper({ fs: nodeFs, clock: systemClock });
    const lock = await keeper.acquire(join(files.path('dray'), 'collect.lock'), { signal });
    try {
      const sizes = new Map(digests.map((digest) => [digest, tree.stat(tree.data(digest))?.size ?? 0]));
      const pass = { tree, files, now: systemClock.now(), dryRun: false, lock, removed: () => {}, notice: () => {} };
      await sweepBatch(pass, sizes, { grace: 0, trash: 0 });
    } finally {
      lock?.release();
    }
  } catch (error) {
    throw asFailure(`reclaiming space in ${root}`, error);
  }
}
