/** One header of a tar and what follows it, as a test wants them: nothing is checked. */
export interface TarEntry {
  readonly name: string | Buffer;
  /** Type flag; a file unless it says another. */
  readonly type?: string | undefined;
  readonly link?: string | Buffer | undefined;
  readonly body?: string | Buffer | undefined;
  /** What the header says of the size; the body's own by default. A buffer stands in the field as it is. */
  readonly size?: number | Buffer | undefined;
  readonly mode?: number | undefined;
  readonly uid?: number | Buffer | undefined;
  readonly gid?: number | Buffer | undefined;
  readonly mtime?: number | Buffer | undefined;
  readonly device?: readonly [number | Buffer, number | Buffer] | undefined;
  /** Extended records before the header: name and value, in this order; or the whole body of the extended header. */
  readonly pax?: readonly (readonly [string, string | Buffer])[] | Buffer | undefined;
  /** Magic and version, `ustar\0` + `00` by default. */
  readonly magic?: string | undefined;
  readonly prefix?: string | undefined;
  /** Changes the header before its checksum is made. */
  readonly change?: ((header: Buffer) => void) | undefined;
  /** Changes it after that. */
  readonly spoil?: ((header: Buffer) => void) | undefined;
}

const BLOCK = 512;
const MODES: Readonly<Record<string, number>> = { '2': 0o777, '5': 0o755 };

/** Blocks of zeros that end an archive. */
export const END: Buffer = Buffer.alloc(2 * BLOCK);

/** A tar with its end. Buffers stand in it as they are. */
export function tar(...entries: readonly (TarEntry | Buffer)[]): Buffer {
  return Buffer.concat([open(...entries), END]);
}

/** A tar that has no end. */
export function open(...entries: readonly (TarEntry | Buffer)[]): Buffer {
  return Buffer.concat(entries.flatMap((entry) => (Buffer.isBuffer(entry) ? [entry] : blocksOf(entry))));
}

export function file(
  name: string | Buffer,
  body: string | Buffer = 'inside\n',
  more: Partial<TarEntry> = {},
): TarEntry {
  return { name, body, ...more };
}

export function folder(name: string | Buffer, mode = 0o755, more: Partial<TarEntry> = {}): TarEntry {
  return { name, type: '5', mode, ...more };
}

export function symlink(name: string | Buffer, link: string | Buffer, more: Partial<TarEntry> = {}): TarEntry {
  return { name, type: '2', link, ...more };
}

export function hardLink(name: string | Buffer, link: string | Buffer, more: Partial<TarEntry> = {}): TarEntry {
  return { name, type: '1', link, ...more };
}

/** An extended header for the entry that follows. */
export function pax(body: Buffer | string, type: 'x' | 'g' = 'x', more: Partial<TarEntry> = {}): TarEntry {
  return { name: 'PaxHeaders/0', type, body, ...more };
}

/** One record with its right length. */
export function record(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** GNU's entry before one whose name (`L`) or link (`K`) is long. */
export function longName(value: string | Buffer, type: 'L' | 'K' = 'L'): TarEntry {
  return {
    name: '././@LongLink',
    type,
    body: Buffer.concat([Buffer.from(value), Buffer.alloc(1)]),
    magic: 'ustar  \0',
  };
}

/** A number as GNU writes it when octal digits do not suffice: two's complement behind a high bit. */
export function base256(value: bigint, width = 12): Buffer {
  const field = Buffer.alloc(width);
  let left = BigInt.asUintN(8 * width - 1, value) | (1n << BigInt(8 * width - 1));
  if (value < 0n) left |= 1n << BigInt(8 * width - 2);
  for (let at = width - 1; at >= 0; at -= 1) {
    field[at] = Number(left & 0xffn);
    left >>= 8n;
  }
  return field;
}

/** What is missing to a full block after so many bytes. */
export function padding(length: number): Buffer {
  return Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);
}

/** Only the header of an entry. */
export function headerOf(entry: TarEntry): Buffer {
  const { name, type = '0', link = '', body = '', device = [0, 0], magic = 'ustar\x0000', prefix = '' } = entry;
  const header = Buffer.alloc(BLOCK);
  const text = (value: string | Buffer, at: number, room: number): void => {
    Buffer.from(value).copy(header, at, 0, room);
  };
  const number = (value: number | Buffer, at: number, width: number): void => {
    if (Buffer.isBuffer(value)) value.copy(header, at, 0, width);
    else if (value >= 0 && value < 8 ** (width - 1)) text(value.toString(8).padStart(width - 1, '0'), at, width - 1);
    else base256(BigInt(value), width).copy(header, at);
  };
  text(name, 0, 100);
  number(entry.mode ?? MODES[type] ?? 0o644, 100, 8);
  number(entry.uid ?? 0, 108, 8);
  number(entry.gid ?? 0, 116, 8);
  number(entry.size ?? Buffer.from(body).length, 124, 12);
  number(entry.mtime ?? 1_600_000_000, 136, 12);
  text(type, 156, 1);
  text(link, 157, 100);
  text(magic, 257, 8);
  if (type === '3' || type === '4') {
    number(device[0], 329, 8);
    number(device[1], 337, 8);
  }
  text(prefix, 345, 155);
  entry.change?.(header);
  header.fill(' ', 148, 156); // the checksum counts as spaces while it is computed
  const sum = header.reduce((total, byte) => total + byte, 0);
  text(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  entry.spoil?.(header);
  return header;
}

function blocksOf(entry: TarEntry): readonly Buffer[] {
  const body = Buffer.from(entry.body ?? '');
  return [...extendedBy(entry), headerOf(entry), body, padding(body.length)];
}

function extendedBy({ pax: records }: TarEntry): readonly Buffer[] {
  if (records === undefined) return [];
  const body = Buffer.isBuffer(records) ? records : Buffer.concat(records.map(([key, value]) => record(key, value)));
  return blocksOf(pax(body));
}
