import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { Bytes } from '#bytes';
import { hasCode, throwIfCancelled } from '#errors';
import { Files, removeFile } from './disk/files.ts';
import { asFailure, fileFailure } from './failure.ts';
import { type FileRegion, writeRegion } from './file-region.ts';
import { type FileSystem, syncFile, systemFiles } from './file-system.ts';

export interface WholeFileOptions {
  /** False: the file is not flushed to the disk before it counts as written. */
  readonly sync?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly fs?: FileSystem | undefined;
}

/**
 * Writes a file that appears complete or not at all, in place of the one that has its name: when `content` fails, that one stays. Resolves with its
 * size in bytes. Rejects with IO_FAILED or DISK_FULL, and with what `content` fails with.
 */
export async function writeWholeFile(
  path: string,
  content: Bytes,
  { sync = true, signal, fs = systemFiles }: WholeFileOptions = {},
): Promise<number> {
  const id = randomBytes(6).toString('hex');
  const temporary = `${path}.dray-${id}`;
  try {
    const fd = fs.openSync(temporary, 'wx', 0o644);
    let size = 0;
    try {
      for await (const chunk of content) {
        throwIfCancelled(signal);
        writeNext({ fs, fd, base: 0, path }, size, chunk);
        size += chunk.length;
      }
      if (sync) await syncFile(fs, fd);
    } finally {
      fs.closeSync(fd);
    }
    await new Files({ root: dirname(path), fs, sync, id }).publish(temporary, path);
    return size;
  } catch (error) {
    removeFile(fs, temporary);
    throw asFailure(`writing ${path}`, error);
  }
}

/** As writeRegion, but a file that fails is removed: nothing of it is there for the next run. */
function writeNext(region: FileRegion, position: number, chunk: Uint8Array): void {
  try {
    writeRegion(region, position, chunk);
  } catch (error) {
    throw hasCode(error, 'DISK_FULL') ? fileFailure(`writing ${region.path}`, error.cause, {}, false) : error;
  }
}
