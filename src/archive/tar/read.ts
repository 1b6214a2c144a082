import type { Bytes } from '#bytes';
import { Cursor } from './cursor.ts';
import { BLOCK, paddingOf } from './header.ts';
import { parseHeader, type RawHeader } from './parse-header.ts';
import { type PaxRecords, parsePax, paxNumber } from './pax.ts';
import { decodeRaw } from './raw-text.ts';
import { isPaxSparse, type ReadSparse, readOldSparse, readPaxSparse, type SparseMap } from './sparse.ts';

export type TarType = 'file' | 'hardlink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/**
 * What stands in a tar at one place. Names are as they are written: not cleaned, not safe to use as paths; bytes in them that are no UTF-8
 * stand as `decodeRaw` says.
 */
export interface TarEntry {
  readonly name: string;
  readonly type: TarType;
  /** Bytes of content; 0 for everything but files. Of a sparse file those of its data. */
  readonly size: number;
  /** Of a sparse file: where the content belongs. */
  readonly sparse?: SparseMap | undefined;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch, with a fraction where it is known. */
  readonly mtime: number;
  /** Of links. */
  readonly linkName: string;
  readonly userName: string;
  readonly groupName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** All records of its pax header, e.g. `SCHILY.xattr.…`. */
  readonly pax: PaxRecords;
  /** Where its content begins in the tar. */
  readonly offset: number;
  /** The content. To be read, if at all, before the next entry is asked for; what is left is skipped. */
  readonly bytes: Bytes;
}

/** A pax header or a GNU long name may have this many bytes. */
const LARGEST_EXTENSION = 1024 * 1024;

const TYPES: Readonly<Record<string, TarType>> = {
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

const NO_RECORDS: PaxRecords = new Map();

/**
 * The entries of a tar (ustar, pax, GNU and old) as they pass; memory stays flat. Rejects with CORRUPT_LAYER at broken or cut off data,
 * with UNSUPPORTED at unknown types.
 * @param what names the tar in errors, e.g. `app.tar`
 */
export async function* readTar(bytes: Bytes, what: string): AsyncGenerator<TarEntry, void, undefined> {
  const cursor = new Cursor(bytes, what);
  try {
    for (;;) {
      const extended = await nextHeader(cursor);
      if (extended === undefined) return;
      const entry = await entryOf(extended, cursor);
      const content = new Content(cursor, entry.size);
      yield { ...entry, bytes: content };
      await content.skip();
    }
  } finally {
    await cursor.close();
  }
}

interface ExtendedHeader {
  readonly block: Uint8Array;
  readonly header: RawHeader;
  readonly pax: PaxRecords;
  readonly longName: string | undefined;
  readonly longLink: string | undefined;
}

/** The next entry's own header with the extensions before it; undefined at the end of the tar. */
async function nextHeader(cursor: Cursor): Promise<ExtendedHeader | undefined> {
  let pax = NO_RECORDS;
  let longName: string | undefined;
  let longLink: string | undefined;
  for (let extensions = 0; ; extensions++) {
    const block = await cursor.take(BLOCK);
    if (block.length === 0 && extensions === 0) return undefined;
    if (block.length < BLOCK) {
      throw cursor.failure(cursor.position < BLOCK ? 'it is no tar archive' : 'it ends in the middle of a header');
    }
    const isFirst = cursor.position === BLOCK;
    const header = cursor.parsed(() => parseHeader(block), isFirst ? 'it is no tar archive, or damaged: ' : '');
    if (header === undefined) {
      if (extensions > 0) throw cursor.failure('it ends after an extension header');
      await expectEnd(cursor);
      return undefined;
    }
    // One of each kind is all that writers have use for.
    if (extensions > 4) throw cursor.failure('too many extension headers for one entry');
    if (header.type === 'x') pax = await readPax(cursor, header.size);
    else if (header.type === 'g') await readPax(cursor, header.size);
    else if (header.type === 'L') longName = await readLong(cursor, header.size);
    else if (header.type === 'K') longLink = await readLong(cursor, header.size);
    else return { block, header, pax, longName, longLink };
  }
}

/** A tar ends with two blocks of zeros. */
async function expectEnd(cursor: Cursor): Promise<void> {
  const second = await cursor.take(BLOCK);
  if (second.some((byte) => byte !== 0)) throw cursor.failure('a block of zeros stands before a header');
}

async function readPax(cursor: Cursor, size: number): Promise<PaxRecords> {
  const data = await readExtension(cursor, size);
  return cursor.parsed(() => parsePax(data));
}

async function readLong(cursor: Cursor, size: number): Promise<string> {
  const data = await readExtension(cursor, size);
  const end = data.indexOf(0);
  return decodeRaw(end === -1 ? data : data.subarray(0, end));
}

async function readExtension(cursor: Cursor, size: number): Promise<Uint8Array> {
  if (size > LARGEST_EXTENSION || size < 0) throw cursor.failure(`an extension header wants ${size} bytes`);
  const whole = size + paddingOf(size);
  const data = await cursor.take(whole);
  if (data.length < whole) throw cursor.failure('it ends in the middle of an extension header');
  return data.subarray(0, size);
}

async function entryOf(extended: ExtendedHeader, cursor: Cursor): Promise<Omit<TarEntry, 'bytes'>> {
  const { header, pax, longName, longLink } = extended;
  const written = TYPES[header.type];
  if (written === undefined) {
    throw cursor.failure(`it has an entry of the unknown type ${JSON.stringify(header.type)}`, 'UNSUPPORTED');
  }
  const size = cursor.parsed(() => paxNumber(pax, 'size', header.size));
  if (size < 0) throw cursor.failure('an entry has a negative size');
  const name = (pax.get('GNU.sparse.name') || pax.get('path') || longName) ?? header.name;
  // Writers before POSIX marked folders by the name alone.
  const type = written === 'file' && name.endsWith('/') ? 'directory' : written;
  if (written === 'file' && type === 'directory' && size > 0) throw cursor.failure('a folder has content');
  const sparse = type === 'file' ? await readSparse(extended, cursor, size) : undefined;
  return {
    name,
    type,
    size: type === 'file' ? (sparse?.stored ?? size) : 0,
    ...(sparse !== undefined && { sparse: sparse.map }),
    mode: header.mode & 0o7777,
    uid: cursor.parsed(() => paxNumber(pax, 'uid', header.uid)),
    gid: cursor.parsed(() => paxNumber(pax, 'gid', header.gid)),
    mtime: cursor.parsed(() => paxNumber(pax, 'mtime', header.mtime)),
    linkName: (pax.get('linkpath') || longLink) ?? header.linkName,
    userName: pax.get('uname') ?? header.userName,
    groupName: pax.get('gname') ?? header.groupName,
    deviceMajor: header.deviceMajor,
    deviceMinor: header.deviceMinor,
    pax,
    offset: cursor.position,
  };
}

/** The map of a sparse file; undefined for any other. */
async function readSparse(
  { block, header, pax }: ExtendedHeader,
  cursor: Cursor,
  size: number,
): Promise<ReadSparse | undefined> {
  if (header.type === 'S') return readOldSparse(cursor, block, size);
  return isPaxSparse(pax) ? readPaxSparse(cursor, pax, size) : undefined;
}

/** One entry's content, and what has to be skipped of it. */
class Content implements AsyncIterable<Uint8Array> {
  readonly #cursor: Cursor;
  #left: number;
  #padding: number;

  constructor(cursor: Cursor, size: number) {
    this.#cursor = cursor;
    this.#left = size;
    this.#padding = paddingOf(size);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#left > 0) {
      const chunk = await this.#cursor.next(this.#left);
      if (chunk === undefined) throw this.#cursor.failure('it ends in the middle of a file');
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  async skip(): Promise<void> {
    this.#left += this.#padding;
    this.#padding = 0;
    for await (const _ of this) {
      // Only the position counts.
    }
  }
}
