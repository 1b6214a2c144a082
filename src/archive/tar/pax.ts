import { decodeRaw } from './raw-text.ts';

/** The records of a pax header: keys are unique, the last of several counts. Bytes that are no UTF-8 stand as `decodeRaw` says. */
export type PaxRecords = ReadonlyMap<string, string>;

/** Joins the pieces of the sparse map that GNU's format 0.0 spreads over records of the same name. */
const SPARSE_PIECES: ReadonlySet<string> = new Set(['GNU.sparse.offset', 'GNU.sparse.numbytes']);

/**
 * Reads `LENGTH key=value\n` records. Throws at anything else. An empty value stands for "not set". The offsets and lengths that GNU's sparse
 * format 0.0 repeats become one `GNU.sparse.map`, as format 0.1 has it.
 */
export function parsePax(data: Uint8Array): PaxRecords {
  const records = new Map<string, string>();
  const pieces: string[] = [];
  let at = 0;
  while (at < data.length) {
    const end = recordEnd(data, at);
    const equals = data.indexOf(0x3d, at);
    const start = data.indexOf(0x20, at) + 1;
    if (equals <= start || equals >= end) throw new Error('a pax record has no key');
    const key = decodeRaw(data.subarray(start, equals));
    const value = decodeRaw(data.subarray(equals + 1, end - 1));
    if (NAMES.has(key) && value.includes('\0')) throw new Error('a pax name has a zero byte in it');
    if (SPARSE_PIECES.has(key)) pieces.push(value);
    else records.set(key, value);
    at = end;
  }
  if (pieces.length > 0) records.set('GNU.sparse.map', pieces.join(','));
  return records;
}

/** Where the record that begins here ends, its newline included. */
function recordEnd(data: Uint8Array, at: number): number {
  const space = data.indexOf(0x20, at);
  const digits = Buffer.from(data.subarray(at, space === -1 ? at : space)).toString('latin1');
  if (!/^[1-9][0-9]{0,9}$/.test(digits)) throw new Error('a pax record has no length');
  const end = at + Number(digits);
  if (end > data.length || end <= space + 2 || data[end - 1] !== 0x0a)
    throw new Error('a pax record has a wrong length');
  return end;
}

const NAMES: ReadonlySet<string> = new Set(['path', 'linkpath', 'uname', 'gname', 'GNU.sparse.name']);

type NumberKey = 'size' | 'uid' | 'gid' | 'mtime' | 'GNU.sparse.size' | 'GNU.sparse.realsize';

/** A number that overrides one of the header: decimal, not negative but for times, which may have a fraction. */
export function paxNumber(records: PaxRecords, key: NumberKey, fallback: number): number {
  const value = records.get(key);
  if (value === undefined || value === '') return fallback;
  const form = key === 'mtime' ? /^-?[0-9]{1,15}(\.[0-9]*)?$/ : /^[0-9]{1,16}$/;
  const number = Number(value);
  if (!form.test(value) || (key !== 'mtime' && !Number.isSafeInteger(number))) {
    throw new Error(`the pax record ${key} is no number`);
  }
  return number;
}
