import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { DrayError, errnoOf } from '#errors';
import { type AuthFile, parseAuthFile } from './auth-file.ts';

const LIMIT = 8_388_608;

interface Known {
  readonly mark: string;
  readonly file: AuthFile;
}

/** Reads configuration files when they are asked for, and again only when they have changed. */
export class AuthFileReader {
  private readonly known = new Map<string, Known>();

  /** Undefined when there is no such file. Rejects with INVALID_CONFIGURATION, naming it, when it cannot be read or understood. */
  async read(path: string): Promise<AuthFile | undefined> {
    const stats = await statOf(path);
    if (stats === undefined) return undefined;
    const mark = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}`;
    const known = this.known.get(path);
    if (known?.mark === mark) return known.file;
    const file = parseAuthFile(await readLimited(path, stats), path);
    this.known.set(path, { mark, file });
    return file;
  }
}

const unreadable = (path: string, reason: string, cause?: unknown): DrayError =>
  new DrayError('INVALID_CONFIGURATION', `cannot read ${path}: ${reason}`, {
    hint: 'correct it, or go without credentials: --anonymous',
    cause,
  });

/** Undefined when there is nothing under that name. */
export async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = errnoOf(error) ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, code, error);
  }
}

/** The text of a file, at most 8 MiB. /dev/null will do; a folder, or a pipe that might never end, will not. */
export async function readLimited(path: string, stats: Stats): Promise<string> {
  if (!stats.isFile() && !stats.isCharacterDevice()) throw unreadable(path, 'it is not a file');
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    const handle = await open(path, 'r');
    try {
      for await (const chunk of handle.createReadStream({ end: LIMIT, autoClose: false })) {
        chunks.push(chunk as Buffer);
        length += (chunk as Buffer).length;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(path, errnoOf(error) ?? 'unknown error', error);
  }
  if (length > LIMIT) throw unreadable(path, `it is larger than ${LIMIT} bytes`);
  return Buffer.concat(chunks)
    .toString()
    .replace(/^\uFEFF/, '');
}
