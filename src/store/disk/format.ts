import { DrayError, errnoOf } from '#errors';
import type { Files } from './files.ts';

/** The version of docs/formats.md that this code reads and writes. */
const VERSION = 1;
const NAME = 'dray-store.json';

/** Names that may stand in a folder that is taken for empty: a store being made by another process, uploads of a push that needed none, and a fresh file system. */
const IGNORED = /^(dray-store\.json\..*\.tmp|uploads|lost\+found|\.DS_Store)$/;

/**
 * Whether the folder holds a store that this code can use. False where there is none yet: the folder is absent or empty.
 * Rejects with STORE_INCOMPATIBLE for a store of another version and for a folder with other things in it. Changes nothing.
 */
export function checkFormat(files: Files): boolean {
  if (isMarked(files)) return true;
  const stranger = namesIn(files).find((name) => !IGNORED.test(name));
  if (stranger === undefined) return false;
  // Another process may have made it a store between the two looks.
  if (isMarked(files)) return true;
  throw new DrayError(
    'STORE_INCOMPATIBLE',
    `${files.root} is not a store of dray: it holds "${printable(stranger)}" and no ${NAME}`,
    {
      hint: 'name an empty or new folder with --root or DRAY_ROOT',
      detail: { root: files.root },
    },
  );
}

function isMarked(files: Files): boolean {
  const text = files.read(files.path(NAME));
  if (text === undefined) return false;
  checkVersion(text, files.root);
  return true;
}

function namesIn({ fs, root }: Files): readonly string[] {
  try {
    return fs.readdirSync(root);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTDIR') throw error;
    throw new DrayError('STORE_INCOMPATIBLE', `${root} cannot be a store: it is a file, or lies below one`, {
      hint: 'name an empty or new folder with --root or DRAY_ROOT',
      detail: { root },
      cause: error,
    });
  }
}

/** Makes the folder a store. Safe when several processes do it at once. */
export async function createFormat(files: Files): Promise<void> {
  await files.ensure(files.root);
  try {
    files.fs.chmodSync(files.root, 0o700);
  } catch (error) {
    // A folder that was there may be somebody else's, shared on purpose.
    if (errnoOf(error) !== 'EPERM') throw error;
  }
  await files.replace(files.path(NAME), `${JSON.stringify({ format: 'dray-store', version: VERSION })}\n`);
}

function checkVersion(text: string, root: string): void {
  const version = versionOf(text);
  if (version === VERSION) return;
  const what =
    version === undefined
      ? `${NAME} in ${root} is not what dray writes`
      : `the store in ${root} has the format version ${version}; this dray knows version ${VERSION}`;
  throw new DrayError('STORE_INCOMPATIBLE', what, {
    hint: 'use the dray that wrote it, or another folder with --root',
    detail: { root, version, known: VERSION },
  });
}

function versionOf(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('version' in value) || !('format' in value)) return undefined;
    return value.format === 'dray-store' && typeof value.version === 'number' ? value.version : undefined;
  } catch {
    return undefined;
  }
}

function printable(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 60);
}
