import { DrayError, throwIfCancelled } from '#errors';
import { asFailure, type FileSystem, isAbsence } from '#store';
import type { ByteSpan } from '../port.ts';
import { ReadBuffers } from './read-buffers.ts';

/**
 * Bytes of a file, read ahead by one chunk. From the first one on they come to their end whatever becomes of the file's name.
 * @param find the path of the file, which may have been moved since it was last seen; undefined where it is gone
 */
export async function* readData(
  fs: FileSystem,
  find: () => string | undefined,
  { start, end }: ByteSpan,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (start >= end) return;
  throwIfCancelled(signal);
  const file = open(fs, find);
  const buffers = new ReadBuffers(end - start);
  const { size } = buffers;
  const read = (buffer: Buffer, at: number): Promise<Uint8Array> => {
    const chunk = readChunk(fs, file, buffer.subarray(0, Math.min(size, end - at)), at);
    // An error is told when its turn comes.
    chunk.catch(() => undefined);
    return chunk;
  };
  let used = buffers.take();
  let other: Buffer | undefined;
  let ahead = read(used, start);
  try {
    for (let at = start + size; ; at += size) {
      const chunk = await ahead;
      throwIfCancelled(signal);
      if (at < end) {
        [used, other] = [other ?? buffers.take(), used];
        ahead = read(used, at);
      }
      yield chunk;
      if (at >= end) return;
    }
  } finally {
    await ahead.catch(() => undefined);
    fs.closeSync(file.fd);
    buffers.giveBack();
  }
}

interface OpenFile {
  readonly fd: number;
  readonly path: string;
}

function open(fs: FileSystem, find: () => string | undefined): OpenFile {
  for (let attempt = 1; ; attempt += 1) {
    const path = find();
    try {
      if (path !== undefined) return { fd: fs.openSync(path, 'r'), path };
    } catch (error) {
      if (!isAbsence(error) || attempt === 3) throw asFailure('opening a blob', error);
      continue;
    }
    throw new DrayError('BLOB_UNKNOWN', 'the blob was removed before it could be read');
  }
}

/** Fills `into`. */
async function readChunk(fs: FileSystem, file: OpenFile, into: Buffer, start: number): Promise<Uint8Array> {
  let done = 0;
  while (done < into.length) {
    const count = await readSome(fs, file, into.subarray(done), start + done);
    if (count === 0) throw new DrayError('IO_FAILED', `reading ${file.path}: it ends at byte ${start + done}`);
    done += count;
  }
  return into;
}

function readSome(fs: FileSystem, { fd, path }: OpenFile, into: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(asFailure(`reading ${path}`, error));
    });
  });
}
