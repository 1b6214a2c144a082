import { constants } from 'node:fs';
import type { Files } from './files.ts';
import type { HeldLock } from './lock-file.ts';

/** The beginning of the path of all files that a blob has while it is not whole. */
export interface Stem {
  readonly folder: string;
  readonly name: string;
}

/**
 * Makes what earlier runs have left of a blob the file of the new owner, if they left anything. The new file bears the owner's id, so that
 * an earlier owner that wakes up finds its own gone. Where it is not certain that the earlier owner is dead its bytes are copied: it
 * may still hold the old file open.
 * @returns path of the owner's file, and whether it is there
 */
export async function adoptPartial(
  files: Files,
  stem: Stem,
  lock: HeldLock,
): Promise<{ readonly path: string; readonly found: boolean }> {
  const path = `${stem.folder}/${stem.name}.${lock.id}.part`;
  const [best, ...others] = candidates(files, stem);
  if (best !== undefined) {
    const left = `${stem.folder}/${best}`;
    if (isFree(best, stem.name, lock)) files.fs.renameSync(left, path);
    else await copyAndRemove(files, left, path);
  }
  for (const other of others) files.remove(`${stem.folder}/${other}`);
  return { path, found: best !== undefined };
}

/** What an owner that lets go makes of its file: the next one takes it as it is. */
export function abandonPartial(files: Files, stem: Stem, path: string): void {
  if (files.fs.statSync(path).size === 0) files.remove(path);
  else files.fs.renameSync(path, `${stem.folder}/${stem.name}.part`);
}

/** Partials of the blob, the latest first. */
function candidates(files: Files, stem: Stem): readonly string[] {
  return files
    .list(stem.folder)
    .filter((name) => name.startsWith(`${stem.name}.`) && name.endsWith('.part'))
    .map((name) => ({ name, time: files.fs.statSync(`${stem.folder}/${name}`).mtimeMs }))
    .sort((a, b) => b.time - a.time)
    .map(({ name }) => name);
}

function isFree(file: string, name: string, lock: HeldLock): boolean {
  if (file === `${name}.part`) return true;
  return lock.predecessor?.death === 'exact' && file === `${name}.${lock.predecessor.id}.part`;
}

async function copyAndRemove(files: Files, from: string, to: string): Promise<void> {
  const temporary = `${to}.tmp`;
  await new Promise<void>((resolve, reject) => {
    files.fs.copyFile(from, temporary, constants.COPYFILE_FICLONE, (error) => (error ? reject(error) : resolve()));
  });
  files.fs.renameSync(temporary, to);
  files.remove(from);
}
