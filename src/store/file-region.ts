import { DrayError, errnoOf } from '#errors';
import { fileFailure } from './failure.ts';
import type { FileSystem } from './file-system.ts';

/** A stretch of an open file that holds one blob: position 0 of the blob is byte `base` of the file. */
export interface FileRegion {
  readonly fs: Pick<FileSystem, 'readSync' | 'writeSync'>;
  readonly fd: number;
  readonly base: number;
  /** For messages. */
  readonly path: string;
}

/** Writes all of `chunk`, or rejects with DISK_FULL or IO_FAILED; an interrupted or short write goes on where it stopped. */
export function writeRegion(region: FileRegion, position: number, chunk: Uint8Array): void {
  let done = 0;
  while (done < chunk.length) {
    try {
      done += region.fs.writeSync(region.fd, chunk, done, chunk.length - done, region.base + position + done);
    } catch (error) {
      if (!isInterruption(error)) throw writeFailure(region.path, chunk.length - done, error);
    }
  }
}

/** Fills `into` from `position`, or rejects with IO_FAILED, also where the file ends before. */
export function readRegion(region: FileRegion, position: number, into: Uint8Array): void {
  let done = 0;
  while (done < into.length) {
    let count: number;
    try {
      count = region.fs.readSync(region.fd, into, done, into.length - done, region.base + position + done);
    } catch (error) {
      if (isInterruption(error)) continue;
      throw readFailure(region.path, error);
    }
    if (count === 0) {
      const end = region.base + position + done;
      throw new DrayError('IO_FAILED', `reading ${region.path}: the file ends at byte ${end}, before its content does`);
    }
    done += count;
  }
}

function isInterruption(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'EINTR' || code === 'EAGAIN';
}

function writeFailure(path: string, bytes: number, cause: unknown): DrayError {
  return fileFailure(`writing ${bytes} bytes to ${path}`, cause, { path, bytes });
}

function readFailure(path: string, cause: unknown): DrayError {
  return fileFailure(`reading ${path}`, cause, { path });
}
