import { encodeRaw } from './raw-text.ts';

/** Tar comes in blocks of this many bytes. */
export const BLOCK = 512;

/** Largest size that fits the eleven octal digits of a ustar header. */
export const LARGEST_OCTAL = 0o77777777777;
const NAME_LENGTH = 100;
const PREFIX_LENGTH = 155;

/** Entries that we write: nothing in them but name and content, so that the same input gives the same bytes. */
export interface PlainEntry {
  /** Relative, with `/`; a directory's ends in one. */
  readonly name: string;
  readonly type: 'file' | 'directory';
  /** Bytes of content; 0 for a directory. */
  readonly size: number;
}

/**
 * The header blocks of an entry: ustar, with a pax header before it where name or size do not fit. No times, no owners,
 * mode 0644 (0755 for a directory). See POSIX pax, "ustar Interchange Format".
 */
export function encodeHeader(entry: PlainEntry): Uint8Array {
  const place = splitName(entry.name);
  const records: Record<string, string> = {};
  if (place === undefined) records['path'] = entry.name;
  if (entry.size > LARGEST_OCTAL) records['size'] = String(entry.size);
  const type = entry.type === 'file' ? '0' : '5';
  const shown = place ?? { prefix: '', name: lastBytes(entry.name, NAME_LENGTH) };
  const main = block(shown, entry.size > LARGEST_OCTAL ? 0 : entry.size, type);
  const pax = encodeRecords(records);
  if (pax.length === 0) return main;
  const announcement = block({ prefix: '', name: 'PaxHeaders/entry' }, pax.length, 'x');
  return Buffer.concat([announcement, pax, new Uint8Array(paddingOf(pax.length)), main]);
}

/** Zero bytes that follow content of this size, up to the next block. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** A name as ustar takes it. */
export interface Place {
  readonly prefix: string;
  readonly name: string;
}

/** Name and prefix as ustar takes them; undefined for a name that it does not. */
export function splitName(name: string): Place | undefined {
  const ascii = /^[\x20-\x7e]*$/.test(name);
  if (!ascii) return undefined;
  if (name.length <= NAME_LENGTH) return { prefix: '', name };
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
    const rest = name.length - at - 1;
    if (at <= PREFIX_LENGTH && rest > 0 && rest <= NAME_LENGTH) {
      return { prefix: name.slice(0, at), name: name.slice(at + 1) };
    }
  }
  return undefined;
}

/** What a reader without pax shows. */
function lastBytes(name: string, length: number): string {
  return name.replace(/[^\x20-\x7e]/g, '_').slice(-length);
}

/** The fields of a ustar header; all numbers must fit it, and the texts be ASCII. */
export interface UstarFields {
  readonly place: Place;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly linkName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

function block(place: Place, size: number, type: string): Uint8Array {
  const mode = type === '5' ? 0o755 : 0o644;
  return ustarBlock({
    place,
    size,
    type,
    mode,
    uid: 0,
    gid: 0,
    mtime: 0,
    linkName: '',
    deviceMajor: 0,
    deviceMinor: 0,
  });
}

export function ustarBlock(fields: UstarFields): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  header.write(fields.place.name, 0, NAME_LENGTH, 'latin1');
  header.write(octal(fields.mode, 7), 100);
  header.write(octal(fields.uid, 7), 108);
  header.write(octal(fields.gid, 7), 116);
  header.write(octal(fields.size, 11), 124);
  header.write(octal(fields.mtime, 11), 136);
  header.write('        ', 148);
  header.write(fields.type, 156);
  header.write(fields.linkName, 157, NAME_LENGTH, 'latin1');
  header.write('ustar\x0000', 257);
  header.write(octal(fields.deviceMajor, 7), 329);
  header.write(octal(fields.deviceMinor, 7), 337);
  header.write(fields.place.prefix, 345, PREFIX_LENGTH, 'latin1');
  header.write(`${octal(checksum(header), 6)}\0 `, 148);
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** Sum of all bytes of a header, its own field counted as spaces. */
export function checksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  return sum;
}

/** Each record is `LENGTH key=value\n`, and the length counts itself. Values are bytes as `encodeRaw` gives them. */
export function encodeRecords(records: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([encodeRaw(` ${key}=${value}`), Buffer.from('\n')]);
    let length = rest.length + String(rest.length).length;
    length = rest.length + String(length).length;
    return Buffer.concat([Buffer.from(String(length)), rest]);
  });
  return Buffer.concat(lines);
}
