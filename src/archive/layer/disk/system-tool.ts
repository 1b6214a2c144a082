import { accessSync, constants } from 'node:fs';

/** Where systems keep their own programs. PATH is not asked: it may lead into the very folder that is unpacked. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

const found = new Map<string, string | undefined>();

/** Path of a program of the system's own; undefined where it has none. */
export function systemTool(name: string): string | undefined {
  if (!found.has(name)) {
    found.set(
      name,
      FOLDERS.map((folder) => `${folder}/${name}`).find((path) => isProgram(path)),
    );
  }
  return found.get(name);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
