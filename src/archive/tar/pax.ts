/** The records of a pax header: keys are unique, the last of several counts. */
export type PaxRecords = ReadonlyMap<string, string>;

/** Reads `LENGTH key=value\n` records. Throws at anything else. An empty value stands for "not set". */
export function parsePax(data: Uint8Array): PaxRecords {
  const records = new Map<string, string>();
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const digits = Buffer.from(data.subarray(at, space === -1 ? at : space)).toString('latin1');
    if (!/^[1-9][0-9]{0,9}$/.test(digits)) throw new Error('a pax record has no length');
    const end = at + Number(digits);
    if (end > data.length || end <= space + 2 || data[end - 1] !== 0x0a)
      throw new Error('a pax record has a wrong length');
    const record = Buffer.from(data.subarray(space + 1, end - 1)).toString('utf8');
    const equals = record.indexOf('=');
    if (equals <= 0) throw new Error('a pax record has no key');
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    if (NAMES.has(key) && value.includes('\0')) throw new Error('a pax name has a zero byte in it');
    records.set(key, value);
    at = end;
  }
  return records;
}

const NAMES: ReadonlySet<string> = new Set(['path', 'linkpath', 'uname', 'gname']);

/** A number that overrides one of the header: decimal, not negative but for times, which may have a fraction. */
export function paxNumber(records: PaxRecords, key: 'size' | 'uid' | 'gid' | 'mtime', fallback: number): number {
  const value = records.get(key);
  if (value === undefined || value === '') return fallback;
  const form = key === 'mtime' ? /^-?[0-9]{1,15}(\.[0-9]*)?$/ : /^[0-9]{1,16}$/;
  const number = Number(value);
  if (!form.test(value) || (key !== 'mtime' && !Number.isSafeInteger(number))) {
    throw new Error(`the pax record ${key} is no number`);
  }
  return number;
}
