import { BLOCK, encodeRecords, LARGEST_OCTAL, paddingOf, splitName, ustarBlock } from './header.ts';
import { encodeRaw } from './raw-text.ts';
import type { TarEntry, TarType } from './read.ts';
import type { SparseMap } from './sparse.ts';

/** An entry to be written: as one that was read, under the name that it is to have. */
export type EntryToWrite = Pick<
  TarEntry,
  | 'name'
  | 'type'
  | 'size'
  | 'sparse'
  | 'mode'
  | 'uid'
  | 'gid'
  | 'mtime'
  | 'linkName'
  | 'deviceMajor'
  | 'deviceMinor'
  | 'pax'
>;

const TYPES: Readonly<Record<TarType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};
const LARGEST_ID = 0o7777777;
const LONGEST_LINK = 100;
const XATTR = 'SCHILY.xattr.';

/**
 * The header of an entry, all that stands before its content: ustar, with a pax header before it for what that does not hold. Users and groups go by
 * number. A sparse file's content is that of its segments, behind the map that this gives (GNU's format 1.0). The same entry gives the same bytes.
 */
export function encodeEntry(entry: EntryToWrite): Uint8Array {
  const map = entry.sparse === undefined ? undefined : encodeMap(entry.sparse);
  const stored = entry.size + (map?.length ?? 0);
  const name = map === undefined ? entry.name : 'GNUSparseFile.0/file';
  const place = splitName(name);
  const isPlainLink = entry.linkName.length <= LONGEST_LINK && isAscii(entry.linkName);
  const main = ustarBlock({
    place: place ?? { prefix: '', name: shown(name) },
    type: TYPES[entry.type],
    mode: entry.mode,
    uid: fits(entry.uid, LARGEST_ID),
    gid: fits(entry.gid, LARGEST_ID),
    size: fits(stored, LARGEST_OCTAL),
    mtime: fits(Math.floor(entry.mtime), LARGEST_OCTAL),
    linkName: isPlainLink ? entry.linkName : shown(entry.linkName),
    deviceMajor: fits(entry.deviceMajor, LARGEST_ID),
    deviceMinor: fits(entry.deviceMinor, LARGEST_ID),
  });
  const records: Record<string, string> = {
    ...(entry.sparse === undefined ? {} : sparseRecords(entry.name, entry.sparse)),
    ...(place === undefined ? { path: name } : {}),
    ...(isPlainLink ? {} : { linkpath: entry.linkName }),
    ...(stored > LARGEST_OCTAL ? { size: String(stored) } : {}),
    ...(entry.uid > LARGEST_ID ? { uid: String(entry.uid) } : {}),
    ...(entry.gid > LARGEST_ID ? { gid: String(entry.gid) } : {}),
    ...timeRecord(entry),
    ...Object.fromEntries(
      [...entry.pax].filter(([key]) => key.startsWith(XATTR)).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ),
  };
  return Buffer.concat([extension(records), main, map ?? new Uint8Array(0)]);
}

function extension(records: Readonly<Record<string, string>>): Uint8Array {
  const pax = encodeRecords(records);
  if (pax.length === 0) return pax;
  const plain = { mode: 0o644, uid: 0, gid: 0, mtime: 0, linkName: '', deviceMajor: 0, deviceMinor: 0 };
  const head = ustarBlock({ place: { prefix: '', name: 'PaxHeaders/entry' }, type: 'x', size: pax.length, ...plain });
  return Buffer.concat([head, pax, new Uint8Array(paddingOf(pax.length))]);
}

function sparseRecords(name: string, { size }: SparseMap): Record<string, string> {
  return {
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.name': name,
    'GNU.sparse.realsize': String(size),
  };
}

/** The number of segments, then offset and length of each, and of the end where no segment is there; filled up to whole blocks. */
function encodeMap({ size, segments }: SparseMap): Uint8Array {
  const last = segments.at(-1);
  const ends = last !== undefined && last.offset + last.length === size;
  const all = ends ? segments : [...segments, { offset: size, length: 0 }];
  const text = [all.length, ...all.flatMap(({ offset, length }) => [offset, length])]
    .map((number) => `${number}\n`)
    .join('');
  const map = Buffer.alloc(Math.ceil(text.length / BLOCK) * BLOCK);
  map.write(text, 'latin1');
  return map;
}

/** As it was written where that was finer than a number, or seconds where the header does not hold them. */
function timeRecord({ mtime, pax }: EntryToWrite): Record<string, string> {
  const written = pax.get('mtime');
  if (written !== undefined && Number(written) === mtime && !Number.isInteger(mtime)) return { mtime: written };
  if (Number.isInteger(mtime) && mtime >= 0 && mtime <= LARGEST_OCTAL) return {};
  return { mtime: mtime.toFixed(9).replace(/\.?0+$/, '') };
}

/** What the header has where a record holds the number. */
function fits(value: number, largest: number): number {
  return value >= 0 && value <= largest ? value : 0;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** What a reader without pax shows. */
function shown(name: string): string {
  return Buffer.from(encodeRaw(name))
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '_')
    .slice(-LONGEST_LINK);
}
