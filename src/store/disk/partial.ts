import type { ByteRange } from '#bytes';
import { DrayError } from '#errors';
import type { RangeJournal } from '../file-ingest.ts';
import { writeRegion } from '../file-region.ts';
import type { FileSystem } from '../file-system.ts';

/** The table of a partial that has gaps: 16 bytes of head, then 16 for each range; within one page, so that no kill can tear it. */
const MAGIC = 0x79617264; // "dray"
const HEAD = 16;
const SLOT = 16;
const MOST_SLOTS = 200;
const PAGE = 4096;

export interface PartialFile {
  readonly fs: FileSystem;
  readonly fd: number;
  readonly path: string;
  /** Bytes of the whole blob. */
  readonly size: number;
}

/**
 * Tells what of a blob is in its partial file, by the file alone. As long as bytes came in order the file is as long as what is there. The first gap
 * puts a table behind the place of the last byte, on a page of its own: a file longer than the blob has one.
 */
export function partialJournal(partial: PartialFile): RangeJournal {
  const { fs, fd, path, size } = partial;
  let hasTable = fs.fstatSync(fd).size > size;
  return {
    load: () => (hasTable ? readTable(partial) : [{ start: 0, end: fs.fstatSync(fd).size }]),
    note(ranges) {
      hasTable ||= ranges.some((range) => range.start > 0);
      if (hasTable) writeRegion({ fs, fd, base: 0, path }, tableStart(size), encode(ranges));
    },
    clear() {
      fs.ftruncateSync(fd, 0);
      hasTable = false;
    },
  };
}

/** Takes the table off a file that is complete. */
export function sealPartial(partial: PartialFile): void {
  const length = partial.fs.fstatSync(partial.fd).size;
  if (length > partial.size) partial.fs.ftruncateSync(partial.fd, partial.size);
  if (length < partial.size) {
    throw new DrayError(
      'IO_FAILED',
      `${partial.path} has ${length} of ${partial.size} bytes: something else changed it`,
    );
  }
}

function tableStart(size: number): number {
  return Math.ceil((size + 1) / PAGE) * PAGE;
}

function encode(ranges: readonly ByteRange[]): Uint8Array {
  const kept = ranges.filter((range) => range.end > range.start).slice(0, MOST_SLOTS);
  const table = Buffer.alloc(HEAD + kept.length * SLOT);
  table.writeUInt32LE(MAGIC, 0);
  table.writeUInt32LE(kept.length, 4);
  kept.forEach((range, index) => {
    table.writeBigUInt64LE(BigInt(range.start), HEAD + index * SLOT);
    table.writeBigUInt64LE(BigInt(range.end), HEAD + index * SLOT + 8);
  });
  table.writeUInt32LE(checksum(table.subarray(HEAD)), 8);
  return table;
}

/** Nothing where the table is damaged, as a power cut may leave it. */
function readTable(partial: PartialFile): readonly ByteRange[] {
  const table = Buffer.alloc(HEAD + MOST_SLOTS * SLOT);
  const length = partial.fs.readSync(partial.fd, table, 0, table.length, tableStart(partial.size));
  const count = table.readUInt32LE(4);
  if (length < HEAD || table.readUInt32LE(0) !== MAGIC || count > MOST_SLOTS) return [];
  const slots = table.subarray(HEAD, HEAD + count * SLOT);
  if (length < HEAD + slots.length || checksum(slots) !== table.readUInt32LE(8)) return [];
  return Array.from({ length: count }, (_, index) => ({
    start: Number(slots.readBigUInt64LE(index * SLOT)),
    end: Number(slots.readBigUInt64LE(index * SLOT + 8)),
  }));
}

/** FNV-1a, 32 bits. */
function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}
