import { dirname } from 'node:path';
import type { CallOptions, Ingest, PutOptions, Store } from '#content';
import { throwIfCancelled } from '#errors';
import type { Descriptor } from '#oci';
import { type Clock, systemClock } from '#timing';
import type { LockTimings } from '../disk/lock-file.ts';
import type { OwnerProof } from '../disk/owner.ts';
import { asFailure } from '../failure.ts';
import { type FileSystem, systemFiles } from '../file-system.ts';
import { expectRoom } from '../room.ts';
import { lockFile } from './lock.ts';
import { checkPlace } from './place.ts';
import type { ArchivePlan } from './plan.ts';
import { PlannedFile } from './planned-file.ts';
import { preparePartial } from './prepare.ts';

export interface ArchiveFileOptions extends CallOptions {
  /** False: nothing is flushed; a power cut may undo what was acknowledged. */
  readonly sync?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly lockTimings?: Partial<LockTimings> | undefined;
  readonly fs?: FileSystem | undefined;
  /** How the death of another process is proven. */
  readonly owners?: OwnerProof | undefined;
}

export interface FinishOptions extends CallOptions {
  /** The file is gzipped; layers that are compressed already are only stored in it. */
  readonly gzip?: boolean | undefined;
}

export interface Finished {
  /** Bytes of the file. */
  readonly size: number;
}

/**
 * An archive as a place for the blobs of its plan: layers go straight to their offsets in `<path>.dray-partial`, several at a time. Documents
 * and configs are there from the start. What has arrived outlives the process; the next run with the same path goes on from there.
 */
export interface ArchiveFile extends Store {
  /** Under which the archive appears. */
  readonly path: string;
  ingest(target: Descriptor, options?: PutOptions): Promise<Ingest | undefined>;
  /**
   * Makes the archive appear under its name, in place of what was there, and lets go. Rejects with BLOB_UNKNOWN while a layer is
   * missing. After a failure the archive file is as before.
   */
  finish(options?: FinishOptions): Promise<Finished>;
  /** Lets go and keeps what has arrived for the next run; nothing at all leaves no file. Does nothing after `finish` or `discard`. */
  release(): Promise<void>;
  /** Lets go and forgets what has arrived. */
  discard(): Promise<void>;
}

/**
 * Opens the archive for its blobs. Rejects with IO_FAILED where its folder is missing or the name is taken by something else than a file, and with
 * BUSY where another process writes the same archive. What an earlier run left for another plan is used as far as it fits, with a warning.
 */
export async function openArchiveFile(
  path: string,
  plan: ArchivePlan,
  options: ArchiveFileOptions = {},
): Promise<ArchiveFile> {
  const { sync = true, clock = systemClock, fs = systemFiles, signal, onEvent } = options;
  throwIfCancelled(signal);
  try {
    checkPlace(fs, path);
    const working = `${path}.dray-partial`;
    const lock = await lockFile(working, { ...options, fs, clock, timings: options.lockTimings });
    try {
      const mine = lock.predecessor === undefined || lock.predecessor.death === 'exact';
      const partial = await preparePartial(working, plan, { fs, sync, mine, signal, onEvent });
      const file = new PlannedFile({ path, plan, sync, lock, partial });
      try {
        expectRoom(fs, dirname(path), working, plan.size);
      } catch (error) {
        await file.release();
        throw error;
      }
      return file;
    } catch (error) {
      lock.release();
      throw error;
    }
  } catch (error) {
    throw asFailure(`writing ${path}`, error);
  }
}
