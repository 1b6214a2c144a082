import type { Stats } from 'node:fs';
import { chmod, chown, mkdir, open, readlink, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DrayError, errnoOf, isDrayError } from '#errors';
import { parseAuthFile } from './auth-file.ts';
import { type LockOptions, withLock } from './file-lock.ts';
import { readLimited, statOf } from './read-auth-file.ts';

/** A docker config.json as it is: unknown fields and the order of all are kept. */
export type ConfigDocument = Record<string, unknown>;

/** Links that lead to links; a loop is longer. */
const MOST_LINKS = 40;

/**
 * Changes docker's config.json: reads it (an empty document where there is none), lets `edit` make another one, and puts that in its place
 * by a rename, so that nobody ever reads half of it. Other drays wait meanwhile. `undefined` from `edit` leaves the file alone.
 * A symbolic link is followed, mode and owner are kept; a new file is 0600 in a folder 0700.
 * Rejects with INVALID_CONFIGURATION for a file that is malformed, IO_FAILED, BUSY.
 */
export async function editConfigFile(
  path: string,
  edit: (document: ConfigDocument) => ConfigDocument | undefined,
  options: LockOptions,
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const target = await targetOf(path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await withLock(join(dirname(target), `.${basename(target)}.dray-lock`), options, () => replace(target, edit));
  } catch (cause) {
    if (isDrayError(cause)) throw cause;
    throw new DrayError('IO_FAILED', `cannot write ${path}: ${errnoOf(cause) ?? String(cause)}`, { cause });
  }
}

async function replace(target: string, edit: (document: ConfigDocument) => ConfigDocument | undefined): Promise<void> {
  const stats = await statOf(target);
  const text = stats === undefined ? '' : await readLimited(target, stats);
  // For its checks and its errors, which quote nothing.
  parseAuthFile(text, target);
  const edited = edit(text.trim() === '' ? {} : (JSON.parse(text) as ConfigDocument));
  if (edited === undefined) return;
  const written = `${JSON.stringify(edited, undefined, '\t')}${text.endsWith('\n') ? '\n' : ''}`;
  const temporary = `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    await writeSynced(temporary, written, stats);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeSynced(path: string, text: string, like: Stats | undefined): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (like === undefined) return;
  // Another owner's file can only be given back to him by root; docker goes on without, too.
  await chown(path, like.uid, like.gid).catch(() => {});
  await chmod(path, like.mode & 0o777);
}

/** Where a chain of links ends, also when there is nothing yet. */
async function targetOf(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const link = await readlink(target).catch(() => undefined);
    if (link === undefined) return realpath(target).catch(() => target);
    target = resolve(dirname(target), link);
  }
  throw new DrayError('IO_FAILED', `${path} is a symbolic link that leads nowhere`);
}
