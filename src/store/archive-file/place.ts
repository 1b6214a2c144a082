import { dirname } from 'node:path';
import { DrayError } from '#errors';
import type { FileSystem } from '../file-system.ts';

/** Rejects with IO_FAILED where no archive can appear at `path`: before anything is fetched for it. */
export function checkPlace(fs: FileSystem, path: string): void {
  const folder = dirname(path);
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new DrayError('IO_FAILED', `cannot write ${path}: there is no folder ${folder}`, {
      hint: `make it first: mkdir -p ${folder}`,
      detail: { path, folder },
    });
  }
  const there = fs.statSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.isFile()) return;
  const what = there.isDirectory() ? 'a folder' : 'no plain file';
  const hint = there.isDirectory() ? 'name a file in it' : 'write the archive to standard output instead';
  throw new DrayError('IO_FAILED', `cannot write ${path}: it is ${what}`, { hint, detail: { path } });
}
