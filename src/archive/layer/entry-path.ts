import { DrayError } from '#errors';
import { quoted } from '#oci';

/** More would be no path that a system takes. */
const LONGEST_PATH = 4096;
/** Characters that Windows has other uses for. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const NOT_ON_WINDOWS = /[\\:*?"<>|\u0000-\u001f]|[. ]$/;

/**
 * The names, root first, that a path in a layer stands for; none for the root itself. Leading and doubled slashes and dots do not count, and
 * `..` takes the name before it away. Throws CORRUPT_LAYER for what would lead out of the root, or is no path here.
 * @param what says which path it is, e.g. `an entry`
 */
export function entryPath(path: string, what: string, windows: boolean = process.platform === 'win32'): string[] {
  if (path.includes('\0')) throw badPath(what, path, 'has a zero byte in it');
  if (path.length > LONGEST_PATH) throw badPath(what, path, `is longer than ${LONGEST_PATH} characters`);
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') {
      if (windows && NOT_ON_WINDOWS.test(name)) throw badPath(what, path, 'is no name on Windows');
      names.push(name);
    } else if (names.pop() === undefined) throw badPath(what, path, 'leads out of the image');
  }
  return names;
}

/** The error of a path in a layer that cannot be followed. */
export function badPath(what: string, path: string, found: string): DrayError {
  return new DrayError('CORRUPT_LAYER', `the layer has ${what} ${quoted(path)} that ${found}`, {
    hint: 'the image is broken, or means harm; nothing outside the folder was touched',
  });
}
