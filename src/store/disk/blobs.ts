import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Sink } from '#bytes';
import type { Fetched, FetchOptions } from '#content';
import { DrayError, throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, digestParts, parseDigest } from '#oci';
import { fileFailure } from '../failure.ts';
import { type FileRegion, readRegion } from '../file-region.ts';
import { type Files, isAbsence } from './files.ts';

/** Bytes read at once: they stay in the processor's cache until they are hashed or written. */
const CHUNK = 512 * 1024;

/** `digest` in its two parts. Throws for anything that is no digest: it becomes part of a path. */
export function digestNames(digest: Digest): readonly [algorithm: string, hex: string] {
  const { algorithm, hex } = digestParts(parseDigest(digest));
  return [algorithm, hex];
}

export function blobPath(files: Files, digest: Digest): string {
  return files.path('blobs', ...digestNames(digest));
}

/** True when the blob is there, as long as it must be: a file that was cut short is not the blob. */
export function hasBlob(files: Files, target: Descriptor): boolean {
  return isWhole(files, blobPath(files, target.digest), target);
}

export function isWhole(files: Files, path: string, target: Descriptor): boolean {
  const stat = files.fs.statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.size === target.size;
}

/** The blob's bytes, not verified again. The file is opened when they are asked for. */
export function fetchBlob(files: Files, target: Descriptor, options: FetchOptions): Fetched {
  throwIfCancelled(options.signal);
  if (!hasBlob(files, target)) throw absent(files, target.digest);
  const path = blobPath(files, target.digest);
  const offset = Math.min(Math.max(0, options.offset ?? 0), target.size);
  const end = Math.min(options.end ?? target.size, target.size);
  const chunks = (): AsyncGenerator<Uint8Array, void, undefined> => readChunks(files, path, { offset, end }, options);
  return {
    offset,
    [Symbol.asyncIterator]: chunks,
    async pour(sink: Sink): Promise<void> {
      for await (const chunk of chunks()) {
        if (sink(chunk) === false) return;
      }
    },
  };
}

async function* readChunks(
  files: Files,
  path: string,
  range: { readonly offset: number; readonly end: number },
  options: FetchOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { fs } = files;
  const fd = openBlob(files, path);
  try {
    const region: FileRegion = { fs, fd, base: 0, path };
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(CHUNK, range.end - range.offset)));
    for (let at = range.offset; at < range.end; at += buffer.length) {
      throwIfCancelled(options.signal);
      const chunk = buffer.subarray(0, Math.min(buffer.length, range.end - at));
      readRegion(region, at, chunk);
      yield chunk;
      await nextTurn();
    }
  } finally {
    fs.closeSync(fd);
  }
}

function openBlob(files: Files, path: string): number {
  try {
    return files.fs.openSync(path, 'r');
  } catch (error) {
    if (!isAbsence(error)) throw fileFailure(`reading ${path}`, error, { path });
    throw new DrayError('BLOB_UNKNOWN', `${path} was removed while it was to be read`, { cause: error });
  }
}

function absent(files: Files, digest: Digest): DrayError {
  return new DrayError('BLOB_UNKNOWN', `the store ${files.root} does not hold ${digest}`, { detail: { digest } });
}
