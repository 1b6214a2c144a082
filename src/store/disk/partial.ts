import type { ByteRange } from '#bytes';
import { DrayError } from '#errors';
import type { RangeJournal } from '../file-ingest.ts';
import { writeRegion } from '../file-region.ts';
import type { FileSystem } from '../file-system.ts';
import { decodeTable, encodeTable, TABLE_PAGE } from '../range-table.ts';

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
    load() {
      // Another thread may have had it in the meantime.
      const length = fs.fstatSync(fd).size;
      hasTable = length > size;
      return hasTable ? readTable(partial) : [{ start: 0, end: length }];
    },
    note(ranges) {
      hasTable ||= ranges.some((range) => range.start > 0);
      if (hasTable) writeRegion({ fs, fd, base: 0, path }, tableStart(size), encodeTable({ ranges, sealed: false }));
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
  return Math.ceil((size + 1) / TABLE_PAGE) * TABLE_PAGE;
}

/** Nothing where the table is damaged, as a power cut may leave it. */
function readTable(partial: PartialFile): readonly ByteRange[] {
  const page = Buffer.alloc(TABLE_PAGE);
  const length = partial.fs.readSync(partial.fd, page, 0, page.length, tableStart(partial.size));
  return decodeTable(page.subarray(0, length)).ranges;
}
