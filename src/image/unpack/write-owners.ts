import { closeSync, writeFileSync } from 'node:fs';
import { type DiskTree, diskFailure, type Folder, openNewFile, type Unset } from '#archive';
import type { CallOptions } from '#content';
import { printable } from '#oci';

/** The file in the root that says what the files could not be given. */
export const OWNERS_FILE = '.dray-owners.json';

/** What an image says of its files that this user or system could not set. */
export interface Lost {
  /** Files and folders of which something is not as the image says. */
  readonly files: number;
  /** The first of them, for people. */
  readonly examples: readonly string[];
  /** Of those: devices that are not there. */
  readonly devices: number;
  /** Of those: files without their extended attributes. */
  readonly xattrs: number;
  /** Where all of it is recorded, by a user who cannot give files to others; its name in the root. */
  readonly record: string | undefined;
}

const MOST_EXAMPLES = 3;

/**
 * Counts what could not be set and, unless it is root who unpacks, records it in `.dray-owners.json` in the root: `entries` by path, with `uid` and
 * `gid` (0 where they are not named), `mode`, `device` and `xattrs` (in base64). What the image has under that name gives way.
 */
export function writeOwners(tree: DiskTree, root: Folder): Lost {
  const entries: Record<string, Unset> = {};
  const lost = { files: 0, devices: 0, xattrs: 0 };
  const examples: string[] = [];
  for (const [path, unset] of tree.unset()) {
    entries[path] = unset;
    lost.files += 1;
    if (unset.device !== undefined) lost.devices += 1;
    if (unset.xattrs !== undefined) lost.xattrs += 1;
    if (examples.length < MOST_EXAMPLES) examples.push(path);
  }
  const isRoot = process.geteuid?.() === 0;
  const record = lost.files === 0 || isRoot ? undefined : OWNERS_FILE;
  if (record !== undefined) writeRecord(root, record, entries);
  return { ...lost, examples, record };
}

/** Says in one line what was lost. */
export function tellLost({ files, devices, xattrs, examples, record }: Lost, { onEvent }: CallOptions): void {
  if (files === 0) return;
  const kinds = [
    ...(devices > 0 ? [`${devices} devices or fifos could not be made`] : []),
    ...(xattrs > 0 ? [`extended attributes of ${xattrs} could not be set`] : []),
  ];
  const where = record === undefined ? '' : `; all is recorded in ${record}`;
  const shown = `${examples.map((path) => printable(path, 60)).join(', ')}${files > examples.length ? ', …' : ''}`;
  const what = `${files} files have not the owner, rights or kind that the image says (${shown})`;
  onEvent?.({ kind: 'warning', text: `${[what, ...kinds].join('; ')}${where}` });
}

function writeRecord(root: Folder, name: string, entries: Readonly<Record<string, Unset>>): void {
  try {
    root.remove(name);
    const fd = openNewFile(root.at(name));
    try {
      writeFileSync(fd, `${JSON.stringify({ version: 1, entries }, null, 1)}\n`);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw diskFailure(name, error);
  }
}
