import assert from 'node:assert/strict';
import { Buffer, isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { SECRET } from './layers-canary.ts';

/** What there is under a name. */
export interface Seen {
  readonly kind: 'folder' | 'file' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block';
  readonly content: string | undefined;
  readonly target: string | undefined;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  /** Whole seconds. */
  readonly mtime: number;
  readonly size: number;
}

/**
 * What has to be there, by path: `folder`, `-> target`, `= content`, or the fields that count. Folders above what is named need not be named. Names
 * that are not UTF-8 are written `latin1:` and their bytes.
 */
export type Tree = Readonly<Record<string, string | Partial<Seen>>>;

/** A file of the usual content. */
export const INSIDE = '= inside\n';
const WHOLE = 64 << 10;
/** What dray writes beside the image's files where it may not set owners. */
const OWNERS = '.dray-owners.json';
const isRoot = process.getuid?.() === 0;
/** Paths that are longer cannot be looked at. */
const LONGEST = 4000;

/** Exactly this is in the folder. */
export function checkTree(folder: string, expected: Tree): void {
  const seen = treeOf(folder);
  const wanted = new Map(Object.entries(expected).map(([path, what]) => [path, meant(what)]));
  for (const path of [...wanted.keys()]) {
    const parts = path.split('/').slice(0, -1);
    for (const at of parts.keys()) {
      const above = parts.slice(0, at + 1).join('/');
      if (!wanted.has(above)) wanted.set(above, { kind: 'folder' });
    }
  }
  assert.deepEqual(
    [...seen.keys()].filter((path) => path !== '.').sort(),
    [...wanted.keys()].filter((path) => path !== '.').sort(),
  );
  for (const [path, what] of wanted) {
    const found = seen.get(path) as Partial<Seen>;
    const fields = Object.keys(what) as (keyof Seen)[];
    assert.deepEqual(Object.fromEntries(fields.map((field) => [field, found[field]])), what, path);
  }
}

/** What is in a folder and the folder itself, as `.`; follows no link and opens nothing but files. Nothing in it came from outside. */
export function treeOf(folder: string): ReadonlyMap<string, Seen> {
  const seen = new Map<string, Seen>();
  const visit = (path: Buffer, name: string): void => {
    if (path.length > LONGEST) return;
    const one = look(path);
    seen.set(name === '' ? '.' : name, one);
    assert.ok(one.content?.includes(SECRET) !== true, `${name} holds what is outside`);
    if (one.kind !== 'folder' || seen.size > 300_000) return;
    if (!isRoot && (one.mode & 0o500) !== 0o500) return;
    for (const entry of readdirSync(path, { encoding: 'buffer' })) {
      const below = isUtf8(entry) ? entry.toString() : `latin1:${entry.toString('latin1')}`;
      if (!isRoot && name === '' && below === OWNERS) continue;
      visit(Buffer.concat([path, Buffer.from('/'), entry]), name === '' ? below : `${name}/${below}`);
    }
  };
  visit(Buffer.from(folder), '');
  return seen;
}

function look(path: Buffer): Seen {
  const stats = lstatSync(path);
  const kind = kindOf(stats);
  const read = kind === 'file' && stats.size <= WHOLE && stats.size > 0 && (isRoot || (stats.mode & 0o400) !== 0);
  return {
    kind,
    content: kind === 'file' ? (read ? readFileSync(path, 'latin1') : '') : undefined,
    target: kind === 'symlink' ? readlinkSync(path) : undefined,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    links: stats.nlink,
    mtime: Math.floor(stats.mtimeMs / 1000),
    size: stats.size,
  };
}

function kindOf(stats: ReturnType<typeof lstatSync> & object): Seen['kind'] {
  if (stats.isDirectory()) return 'folder';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  if (stats.isCharacterDevice()) return 'char';
  return stats.isBlockDevice() ? 'block' : 'file';
}

function meant(what: string | Partial<Seen>): Partial<Seen> {
  if (typeof what !== 'string') return what;
  if (what.startsWith('-> ')) return { kind: 'symlink', target: what.slice(3) };
  if (what.startsWith('= ')) return { kind: 'file', content: what.slice(2) };
  return { kind: what as Seen['kind'] };
}
