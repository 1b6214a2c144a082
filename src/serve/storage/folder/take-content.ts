import type { Hash } from 'node:crypto';
import { type Bytes, pour } from '#bytes';
import { unlessCancelled } from '#errors';
import { type FileSystem, writeRegion } from '#store';
import { BackgroundFlush } from './background-flush.ts';

export interface Taking {
  readonly fs: FileSystem;
  readonly fd: number;
  readonly path: string;
  /** Where in the file it begins. */
  readonly start: number;
  /** Is fed with what is written. */
  readonly hash: Hash | undefined;
  /** True: it will have to be flushed, so that is begun with. */
  readonly sync: boolean;
}

export interface Taken {
  /** Where the file ends now. */
  readonly end: number;
  /** Why it came to an end before its time. What is in the file up to `end` is in the hash too. */
  readonly failure?: { readonly error: unknown } | undefined;
}

/** Writes content to a file as it arrives, and nothing of it after it broke off, could not be written or was cancelled. */
export async function takeContent(
  content: Bytes,
  { fs, fd, path, start, hash, sync }: Taking,
  signal: AbortSignal | undefined,
): Promise<Taken> {
  let end = start;
  let isOver = false;
  const flush = sync ? new BackgroundFlush(fs, fd, start) : undefined;
  const poured = pour(content, (chunk) => {
    if (isOver) return false;
    writeRegion({ fs, fd, base: 0, path }, end, chunk);
    hash?.update(chunk);
    end += chunk.length;
    flush?.written(end);
    return true;
  });
  try {
    await unlessCancelled(poured, signal);
    await flush?.settled();
    return { end };
  } catch (error) {
    // The file is closed next. A second failure says nothing new.
    await flush?.settled().catch(() => undefined);
    return { end, failure: { error } };
  } finally {
    isOver = true;
  }
}
