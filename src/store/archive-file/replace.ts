import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { Source } from '#content';
import { Files, removeFile } from '../disk/files.ts';
import type { HeldLock } from '../disk/lock-file.ts';
import { writeRegion } from '../file-region.ts';
import { type FileSystem, syncFile } from '../file-system.ts';
import type { Finished } from './open.ts';
import type { ArchivePlan } from './plan.ts';
import { type ProduceOptions, produceArchive } from './produce.ts';

export interface ReplaceOptions extends ProduceOptions {
  readonly fs: FileSystem;
  readonly sync: boolean;
  readonly lock: HeldLock;
}

/** What an archive is called while it is written in one go. */
export function unfinishedName(path: string): string {
  return `${path}.dray-partial.new`;
}

/** Writes the archive from first byte to last into a file beside `path`, and gives it that name when it is complete. */
export async function replaceFile(
  path: string,
  plan: ArchivePlan,
  source: Source,
  options: ReplaceOptions,
): Promise<Finished> {
  const { fs, sync, lock } = options;
  const temporary = unfinishedName(path);
  removeFile(fs, temporary);
  const fd = fs.openSync(temporary, 'wx', 0o644);
  let size = 0;
  try {
    try {
      const emit = async (bytes: Uint8Array): Promise<void> => {
        writeRegion({ fs, fd, base: 0, path: temporary }, size, bytes);
        size += bytes.length;
      };
      await produceArchive(plan, source, emit, options);
      if (sync) await syncFile(fs, fd);
    } finally {
      fs.closeSync(fd);
    }
    lock.assertHeld({ now: true });
    await publish(temporary, path, { fs, sync });
    return { size };
  } catch (error) {
    removeFile(fs, temporary);
    throw error;
  }
}

interface FolderOptions {
  readonly fs: FileSystem;
  readonly sync: boolean;
}

/** The folder of an archive. */
export function folderOf(path: string, { fs, sync }: FolderOptions): Files {
  return new Files({ root: dirname(path), fs, sync, id: randomBytes(6).toString('hex') });
}

/** Gives a complete file its name. */
export async function publish(from: string, to: string, options: FolderOptions): Promise<void> {
  await folderOf(to, options).publish(from, to);
}
