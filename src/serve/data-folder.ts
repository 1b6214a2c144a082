import { type Stats, statSync } from 'node:fs';
import { access, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DrayError, messageOf } from '#errors';
import { quoted } from '#oci';

/** What a registry has at the top of its folder, ours and distribution's. */
const OWN = new Set(['docker', 'dray', 'scheduler-state.json']);

/**
 * Whether a registry may be kept in a folder that nobody has named: it is empty, or one is there already. Rejects with CONFLICT where other
 * things are, with IO_FAILED where it cannot be read. Hidden and empty files do not count: the output of this very command may go to one.
 */
export async function checkUnnamedFolder(root: string): Promise<void> {
  let names: readonly string[];
  try {
    names = await readdir(root);
  } catch (cause) {
    throw new DrayError('IO_FAILED', `cannot read the folder ${quoted(root)}: ${messageOf(cause)}`, { cause });
  }
  if (names.includes('docker')) return;
  const other = names.find((name) => !name.startsWith('.') && !OWN.has(name) && !isEmptyFile(join(root, name)));
  if (other === undefined) return;
  throw new DrayError('CONFLICT', `the current folder is not empty (${quoted(other)}), and no registry is in it`, {
    hint: 'name the folder to keep images in, new or not: dray serve --data DIR',
  });
}

/** Rejects with IO_FAILED where what is at `root` cannot keep images: a file, or a folder that may not be written (but for `readOnly`). None there is fine. */
export async function checkDataFolder(root: string, readOnly: boolean): Promise<void> {
  const refused = (why: string, hint: string, cause?: unknown): DrayError =>
    new DrayError('IO_FAILED', `cannot keep images in ${quoted(root)}: ${why}`, { hint, cause });
  let found: Stats | undefined;
  try {
    found = statSync(root, { throwIfNoEntry: false });
  } catch (cause) {
    throw refused(messageOf(cause), 'name another folder: --data DIR', cause);
  }
  if (found === undefined) return;
  if (!found.isDirectory()) throw refused('it is no folder', 'name a folder: --data DIR');
  if (readOnly) return;
  try {
    await access(root, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw refused(
      messageOf(cause),
      'name a folder that you may write to: --data DIR; --read-only serves what is there',
      cause,
    );
  }
}

function isEmptyFile(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === 0;
}
