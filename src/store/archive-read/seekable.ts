import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { decompress, mostUnpacked, refuseForeign, SNIFF_LENGTH, sniffCompression } from '#archive';
import type { Bytes } from '#bytes';
import type { CallOptions } from '#content';
import { DrayError, errnoOf, hasCode, throwIfCancelled, unlessCancelled } from '#errors';
import { fileFailure } from '../failure.ts';
import { type FileRegion, readRegion, writeRegion } from '../file-region.ts';
import type { FileSystem } from '../file-system.ts';

/** Where an archive comes from. */
export type ArchiveOrigin =
  | { readonly path: string }
  /** @param name for messages; "the archive" by default */
  | { readonly stream: Bytes; readonly name?: string | undefined };

/** A file that can be read anywhere. */
export interface Seekable {
  /** Of the whole file. */
  readonly region: FileRegion;
  readonly size: number;
  /** For messages: what the user called it. */
  readonly what: string;
  close(): void;
}

export interface SeekableOptions extends CallOptions {
  readonly fs: FileSystem;
  readonly folder: () => Promise<string>;
  /** True: without its compression. */
  readonly unpack: boolean;
  /** Most bytes to unpack. */
  readonly unpacked: number | undefined;
  /**
   * Reads what goes into the nameless file, as far as it is wanted: what fails ends it, and of what comes behind little is taken. All is taken by
   * default.
   */
  readonly follow?: ((bytes: Bytes) => Promise<void>) | undefined;
}

/** Writers pad an archive behind its end, and are to be let end. */
const MOST_BEHIND = 1024 * 1024;

/**
 * Opens a plain file in place; everything else (what is to be unpacked, a stream, a pipe) goes into a nameless file in the folder, never into memory.
 * Rejects with NOT_FOUND, IO_FAILED, DISK_FULL, CORRUPT_LAYER for a compression that cannot be undone, and TOO_LARGE for one without end.
 */
export async function openSeekable(origin: ArchiveOrigin, options: SeekableOptions): Promise<Seekable> {
  throwIfCancelled(options.signal);
  if ('stream' in origin) return spool(origin.stream, origin.name ?? 'the archive', options);
  const { path } = origin;
  const opened = openFile(path, options.fs);
  if (opened === undefined) return spool(createReadStream(path), path, options);
  const { region, size } = opened;
  const close = (): void => options.fs.closeSync(region.fd);
  try {
    const head = Buffer.alloc(Math.min(SNIFF_LENGTH, size));
    readRegion(region, 0, head);
    if (options.unpack) refuseForeign(head, path);
    if (!options.unpack || sniffCompression(head) === 'none') return { region, size, what: path, close };
  } catch (error) {
    close();
    throw error;
  }
  close();
  return spool(createReadStream(path, { highWaterMark: 512 * 1024 }), path, options);
}

/** Undefined for what is there but no plain file: it can be read once. */
function openFile(path: string, fs: FileSystem): Pick<Seekable, 'region' | 'size'> | undefined {
  try {
    const stat = fs.statSync(path);
    if (stat.isDirectory()) throw new DrayError('IO_FAILED', `read ${path}: is a directory`);
    if (!stat.isFile()) return undefined;
    const fd = fs.openSync(path, 'r');
    return { region: { fs, fd, base: 0, path }, size: fs.fstatSync(fd).size };
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT')
      throw new DrayError('NOT_FOUND', `open ${path}: no such file or directory`, { cause: error });
    throw error instanceof DrayError ? error : fileFailure(`reading ${path}`, error, { path });
  }
}

/** Unpacks into a file that has no name any more: whatever ends this process, nothing is left. */
async function spool(bytes: Bytes, what: string, options: SeekableOptions): Promise<Seekable> {
  const { fs, folder, signal } = options;
  const path = join(await folder(), `archive-${randomBytes(6).toString('hex')}.tmp`);
  const fd = fs.openSync(path, 'wx+', 0o600);
  const unnamed = unlink(fs, path);
  const close = (): void => {
    fs.closeSync(fd);
    if (!unnamed) unlink(fs, path);
  };
  const region: FileRegion = { fs, fd, base: 0, path };
  try {
    let taken = 0;
    let size = 0;
    let head = Buffer.alloc(0);
    async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of bytes) {
        taken += chunk.length;
        if (head.length < SNIFF_LENGTH) head = Buffer.concat([head, chunk.subarray(0, SNIFF_LENGTH)]);
        if (options.unpack) refuseForeign(head, what);
        yield chunk;
      }
    }
    const source = (options.unpack ? decompress(counted()) : counted())[Symbol.asyncIterator]();
    const next = async (): Promise<IteratorResult<Uint8Array, void>> => {
      const step = await source.next();
      throwIfCancelled(signal);
      if (step.done === true) return step;
      const most = options.unpacked ?? mostUnpacked(taken);
      if (options.unpack && size + step.value.length > most) throw tooLarge(what, most);
      writeRegion(region, size, step.value);
      size += step.value.length;
      return step;
    };
    try {
      await unlessCancelled(takeAll(next, options), signal);
    } finally {
      await source.return?.();
    }
    return { region, size, what, close };
  } catch (error) {
    close();
    if (hasCode(error, 'CORRUPT_LAYER')) throw brokenArchive(what, error);
    throw error instanceof Error && 'syscall' in error ? fileFailure(`reading ${what}`, error) : error;
  }
}

async function takeAll(
  next: () => Promise<IteratorResult<Uint8Array, void>>,
  { follow }: SeekableOptions,
): Promise<void> {
  // Without a `return`: who has read enough leaves the rest.
  await follow?.({ [Symbol.asyncIterator]: () => ({ next }) });
  let left = follow === undefined ? Number.POSITIVE_INFINITY : MOST_BEHIND;
  while (left > 0) {
    const step = await next();
    if (step.done === true) return;
    left -= step.value.length;
  }
}

/** False where the system keeps the name of an open file. */
function unlink(fs: FileSystem, path: string): boolean {
  try {
    fs.unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

/** What cannot be undone of its compression is the archive here, not a layer. */
function brokenArchive(what: string, error: DrayError): DrayError {
  const { compression, position } = error.detail;
  if (typeof compression !== 'string' || typeof position !== 'number') return error;
  return new DrayError(
    'CORRUPT_LAYER',
    `cannot read ${what}: its ${compression} data is broken near byte ${position}`,
    {
      detail: error.detail,
      cause: error,
    },
  );
}

function tooLarge(what: string, most: number): DrayError {
  return new DrayError('TOO_LARGE', `${what} unpacks to more than ${most} bytes, which no archive of its size should`, {
    hint: 'if you trust it, unpack it first (gunzip) and name the tar',
    detail: { most },
  });
}
