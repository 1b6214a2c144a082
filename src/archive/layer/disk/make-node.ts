import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, unlinkSync } from 'node:fs';
import type { TarEntry } from '../../tar/read.ts';
import type { Folder } from './folder.ts';
import { systemTool } from './system-tool.ts';

const KINDS: Readonly<Record<string, string>> = { character: 'c', block: 'b', fifo: 'p' };

/**
 * Makes a device or a fifo with the system's mknod: Node has no call for it. It gets its name when it is there.
 * @returns false where the system has no mknod or does not let this user make one
 */
export function makeNode(folder: Folder, name: string, entry: TarEntry): boolean {
  const mknod = systemTool('mknod');
  const kind = KINDS[entry.type];
  if (mknod === undefined || kind === undefined || process.platform === 'win32') return false;
  const first = `.dray-node-${randomBytes(8).toString('hex')}`;
  const numbers = kind === 'p' ? [] : [String(entry.deviceMajor), String(entry.deviceMinor)];
  const done = spawnSync(mknod, ['-m', '600', '--', outsidePath(folder, first), kind, ...numbers], {
    env: { LC_ALL: 'C' },
    stdio: 'ignore',
    cwd: '/',
  });
  const made = lstatSync(folder.at(first), { throwIfNoEntry: false });
  if (made === undefined) return false;
  const right = done.status === 0 && !made.isFile() && !made.isDirectory() && !made.isSymbolicLink();
  if (right) renameSync(folder.at(first), folder.at(name));
  else unlinkSync(folder.at(first));
  return right;
}

/** A path in the folder that means the same to another process. */
function outsidePath(folder: Folder, name: string): string {
  return folder.fd === undefined ? `${folder.path}/${name}` : `/proc/${process.pid}/fd/${folder.fd}/${name}`;
}
