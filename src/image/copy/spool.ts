import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pour } from '#bytes';
import type { Fetched, FetchOptions } from '#content';
import { DrayError, errnoOf, messageOf, throwIfCancelled } from '#errors';

const CHUNK = 256 * 1024;

/** A file for the length of some work, without a name where the system allows it: whatever ends this process, nothing is left. */
export class Spool {
  size = 0;
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #isNamed: boolean;

  private constructor(file: FileHandle, path: string, isNamed: boolean) {
    this.#file = file;
    this.#path = path;
    this.#isNamed = isNamed;
  }

  /** Rejects with IO_FAILED. */
  static async open(folder: string): Promise<Spool> {
    const path = join(folder, `layer-${randomBytes(6).toString('hex')}.tmp`);
    try {
      const file = await open(path, 'wx+', 0o600);
      return new Spool(file, path, !(await isRemoved(path)));
    } catch (error) {
      throw failure('make', path, error);
    }
  }

  /** Adds bytes at the end. Rejects with DISK_FULL or IO_FAILED. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.size);
        at += bytesWritten;
        this.size += bytesWritten;
      }
    } catch (error) {
      throw failure('write', this.#path, error);
    }
  }

  /** What was written, once that is all. */
  fetch({ offset: from = 0, end = this.size, signal }: FetchOptions = {}): Fetched {
    const offset = Math.min(Math.max(0, from), this.size);
    const chunks = (): AsyncGenerator<Uint8Array, void, undefined> =>
      this.#read(offset, Math.min(end, this.size), signal);
    return { offset, [Symbol.asyncIterator]: chunks, pour: (sink) => pour(chunks(), sink) };
  }

  async close(): Promise<void> {
    await this.#file.close();
    if (this.#isNamed) await isRemoved(this.#path);
  }

  async *#read(
    offset: number,
    end: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(CHUNK, end - offset)));
    for (let at = offset; at < end; ) {
      throwIfCancelled(signal);
      const { bytesRead } = await this.#file.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) throw failure('read', this.#path, new Error('it is shorter than it was'));
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

/** Windows keeps the name of a file that is open. */
async function isRemoved(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch {
    return false;
  }
}

function failure(doing: string, path: string, error: unknown): DrayError {
  const isFull = errnoOf(error) === 'ENOSPC';
  return new DrayError(isFull ? 'DISK_FULL' : 'IO_FAILED', `cannot ${doing} ${path}: ${messageOf(error)}`, {
    cause: error,
  });
}
