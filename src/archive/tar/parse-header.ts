import { BLOCK, checksum } from './header.ts';
import { decodeRaw } from './raw-text.ts';

/** The fields of one header block, as they stand there. */
export interface RawHeader {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly linkName: string;
  readonly userName: string;
  readonly groupName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

/** Reads a header block; undefined for one of zeros. Throws what is wrong with it. */
export function parseHeader(block: Uint8Array): RawHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  expectChecksum(block);
  // GNU's old format has `ustar  ` there and other things where ustar has the prefix.
  const ustar = text(block, 257, 6) === 'ustar' && block[262] === 0;
  const known = text(block, 257, 5) === 'ustar';
  const prefix = ustar ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0),
    size: fieldNumber(block, 124, 12, 'size'),
    mode: fieldNumber(block, 100, 8, 'mode'),
    uid: fieldNumber(block, 108, 8, 'uid'),
    gid: fieldNumber(block, 116, 8, 'gid'),
    mtime: fieldNumber(block, 136, 12, 'mtime'),
    linkName: text(block, 157, 100),
    userName: known ? text(block, 265, 32) : '',
    groupName: known ? text(block, 297, 32) : '',
    deviceMajor: known ? fieldNumber(block, 329, 8, 'device number') : 0,
    deviceMinor: known ? fieldNumber(block, 337, 8, 'device number') : 0,
  };
}

/** Some old writers summed signed bytes. */
function expectChecksum(block: Uint8Array): void {
  const expected = fieldNumber(block, 148, 8, 'checksum');
  const sum = checksum(block);
  if (expected === sum) return;
  let high = 0;
  for (let i = 0; i < BLOCK; i++) if ((i < 148 || i >= 156) && (block[i] ?? 0) > 127) high += 1;
  if (expected !== sum - 256 * high) throw new Error('the checksum of a header is wrong');
}

function text(block: Uint8Array, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return decodeRaw(end === -1 ? field : field.subarray(0, end));
}

/** A field's number: octal digits, or base 256 where the first bit is set. Throws, with `what`, at anything else. */
export function fieldNumber(block: Uint8Array, start: number, length: number, what: string): number {
  const first = block[start] ?? 0;
  if (first >= 0x80) return base256(block.subarray(start, start + length), what);
  const digits = text(block, start, length).trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw new Error(`the ${what} in a header is no number`);
  return Number.parseInt(digits, 8);
}

function base256(field: Uint8Array, what: string): number {
  let value = (field[0] ?? 0) & 0x7f;
  const negative = (value & 0x40) !== 0;
  if (negative) value -= 0x80;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new Error(`the ${what} in a header is too large`);
  return value;
}
