import { randomUUID } from 'node:crypto';
import nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '#errors';
import type { HealthCheck } from './health-check.ts';

/** The storage's folder can be written: a small file is made in `dray/tmp` below it, and removed. `root` itself must be there. */
export function storageCheck(root: string, options: Pick<HealthCheck, 'interval' | 'threshold'> = {}): HealthCheck {
  return {
    name: 'storage',
    ...options,
    async check() {
      try {
        const folder = join(root, 'dray', 'tmp');
        // Not recursively: where a disk is not mounted, nothing is to be made in its place.
        for (const path of [join(root, 'dray'), folder]) await nodeFs.mkdir(path).catch(unlessThere);
        const file = join(folder, `health-${randomUUID()}`);
        await nodeFs.writeFile(file, 'x', { flag: 'wx' });
        await nodeFs.rm(file);
        return undefined;
      } catch (error) {
        return `it cannot be written (${errnoOf(error) ?? 'unknown'})`;
      }
    },
  };
}

/**
 * At least `minimum` bytes of the disk are free for whoever this process runs as. A file system that does not say is taken to have them.
 */
export function diskCheck(root: string, minimum: number): HealthCheck {
  return {
    name: 'disk',
    async check() {
      try {
        const { bavail, bsize, blocks } = await nodeFs.statfs(root);
        const free = bavail * bsize;
        return blocks === 0 || free >= minimum ? undefined : `${free} bytes are free, less than ${minimum}`;
      } catch (error) {
        return `it cannot be asked (${errnoOf(error) ?? 'unknown'})`;
      }
    },
  };
}

function unlessThere(error: unknown): void {
  if (errnoOf(error) !== 'EEXIST') throw error;
}
