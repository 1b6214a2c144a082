import type { ByteRange } from '#bytes';

/** A table is written at once and lies within one page, so that no kill can tear it. */
export const TABLE_PAGE = 4096;

/** 16 bytes of head (mark, count, checksum, sealed), then 16 for each range; all little endian. */
const MAGIC = 0x79617264; // "dray"
const HEAD = 16;
const SLOT = 16;
const MOST_RANGES = 200;

/** Which bytes of a blob are in a file, and whether they are all there and verified. */
export interface RangeTable {
  readonly ranges: readonly ByteRange[];
  readonly sealed: boolean;
}

/** At most a page. Of very many ranges the last ones are left out: a table may know less than is there, never more. */
export function encodeTable({ ranges, sealed }: RangeTable): Uint8Array {
  const kept = ranges.filter((range) => range.end > range.start).slice(0, MOST_RANGES);
  const table = Buffer.alloc(HEAD + kept.length * SLOT);
  table.writeUInt32LE(MAGIC, 0);
  table.writeUInt32LE(kept.length, 4);
  table.writeUInt32LE(sealed ? 1 : 0, 12);
  kept.forEach((range, index) => {
    table.writeBigUInt64LE(BigInt(range.start), HEAD + index * SLOT);
    table.writeBigUInt64LE(BigInt(range.end), HEAD + index * SLOT + 8);
  });
  table.writeUInt32LE(checksum(table.subarray(12)), 8);
  return table;
}

/** An empty table where `bytes` are none, or damaged as a power cut may leave them. */
export function decodeTable(bytes: Uint8Array): RangeTable {
  const table = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const nothing = { ranges: [], sealed: false };
  if (table.length < HEAD || table.readUInt32LE(0) !== MAGIC) return nothing;
  const count = table.readUInt32LE(4);
  const end = HEAD + count * SLOT;
  if (count > MOST_RANGES || table.length < end || checksum(table.subarray(12, end)) !== table.readUInt32LE(8))
    return nothing;
  const ranges = Array.from({ length: count }, (_, index) => ({
    start: Number(table.readBigUInt64LE(HEAD + index * SLOT)),
    end: Number(table.readBigUInt64LE(HEAD + index * SLOT + 8)),
  }));
  return { ranges, sealed: table.readUInt32LE(12) === 1 };
}

/** FNV-1a, 32 bits. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}
