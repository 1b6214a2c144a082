import { join } from 'node:path';
import { errnoOf } from '#errors';
import { isAbsence } from '#store';
import type { Pass } from './pass.ts';

/**
 * Takes a file or folder out of sight in one step, looks whether it may go, and removes it; else it comes back, unless another one has come in
 * its place. Resolves to true when it is gone. Whoever is killed in between leaves it among what is being unmade.
 */
export async function discard(
  { tree, files }: Pass,
  path: string,
  mayGo: (aside: string) => boolean | Promise<boolean>,
): Promise<boolean> {
  const { fs, paths } = tree;
  const aside = join(paths.tmp, files.unique());
  await files.ensure(paths.tmp);
  try {
    fs.renameSync(path, aside);
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
  if (!(await mayGo(aside))) {
    try {
      fs.renameSync(aside, path);
      return false;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
  return new Promise((resolve, reject) => {
    fs.rm(aside, { recursive: true, force: true }, (error) => (error === null ? resolve(true) : reject(error)));
  });
}
