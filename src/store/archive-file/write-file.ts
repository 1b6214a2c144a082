import { dirname } from 'node:path';
import type { Source } from '#content';
import { throwIfCancelled } from '#errors';
import { systemClock } from '#timing';
import { asFailure } from '../failure.ts';
import { systemFiles } from '../file-system.ts';
import { expectRoom } from '../room.ts';
import { lockFile } from './lock.ts';
import type { ArchiveFileOptions, Finished } from './open.ts';
import { checkPlace } from './place.ts';
import type { ArchivePlan } from './plan.ts';
import type { ProduceOptions } from './produce.ts';
import { replaceFile, unfinishedName } from './replace.ts';

export interface WriteArchiveFileOptions extends ArchiveFileOptions, ProduceOptions {}

/**
 * Writes an archive whose content the source has into a file, which appears complete or not at all. Rejects as `openArchiveFile` and
 * `writeArchive` do; a failure leaves no file.
 */
export async function writeArchiveFile(
  path: string,
  plan: ArchivePlan,
  source: Source,
  options: WriteArchiveFileOptions = {},
): Promise<Finished> {
  const { sync = true, clock = systemClock, fs = systemFiles, signal } = options;
  throwIfCancelled(signal);
  try {
    checkPlace(fs, path);
    const lock = await lockFile(`${path}.dray-partial`, { ...options, fs, clock, timings: options.lockTimings });
    try {
      if (options.gzip !== true) expectRoom(fs, dirname(path), unfinishedName(path), plan.size);
      return await replaceFile(path, plan, source, { ...options, fs, sync, lock });
    } finally {
      lock.release();
    }
  } catch (error) {
    throw asFailure(`writing ${path}`, error);
  }
}
