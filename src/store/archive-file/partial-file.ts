import type { Digest } from '#oci';
import type { RangeJournal } from '../file-ingest.ts';
import { type FileRegion, readRegion, writeRegion } from '../file-region.ts';
import type { FileSystem } from '../file-system.ts';
import { checksum, decodeTable, encodeTable, type RangeTable, TABLE_PAGE } from '../range-table.ts';
import type { ArchivePlan } from './plan.ts';

/**
 * An archive on its way (docs/formats.md): the archive's own bytes, each at its place, and behind them what is known of them: a head that says
 * what belongs where, then a page for each layer with the ranges that are there. The first block, which becomes the first tar header,
 * says until then where the head is.
 */
export interface PartialHead {
  readonly version: 1;
  /** Of the plan. */
  readonly plan: Digest;
  /** Of the archive. */
  readonly size: number;
  /** Digest, place and size of each layer, in the order of their pages. */
  readonly blobs: readonly (readonly [digest: Digest, offset: number, size: number])[];
}

/** A file and what its head says. */
export interface PartialArchive {
  readonly fs: FileSystem;
  readonly fd: number;
  readonly path: string;
  readonly head: PartialHead;
  /** Where the first page of ranges is. */
  readonly tables: number;
}

const POINTER_LENGTH = 64;
const POINTER = /^dray-partial 1 ([0-9]{1,15})\n/;
/** More than any head of ours: 100,000 layers. */
const LARGEST_HEAD = 16 * 1024 * 1024;

export function headOf(plan: ArchivePlan): PartialHead {
  const layers = plan.blobs.filter(({ bytes }) => bytes === undefined);
  return {
    version: 1,
    plan: plan.digest,
    size: plan.size,
    blobs: layers.map(({ descriptor, offset }) => [descriptor.digest, offset, descriptor.size]),
  };
}

type File = Pick<PartialArchive, 'fs' | 'fd' | 'path'>;

/** Where everything of a partial belongs in the file, which need not be one yet. */
export function placePartial(file: File, head: PartialHead): PartialArchive {
  const length = Buffer.byteLength(JSON.stringify(head));
  return { ...file, head, tables: tablesStart(headStart(head.size), length) };
}

/** Writes the head; what stands on the pages of ranges counts from now on. */
export function beginPartial(partial: PartialArchive): void {
  const json = Buffer.from(JSON.stringify(partial.head));
  const start = headStart(partial.head.size);
  const frame = Buffer.alloc(8);
  frame.writeUInt32LE(json.length, 0);
  frame.writeUInt32LE(checksum(json), 4);
  const region = { ...partial, base: 0 };
  writeRegion(region, start, Buffer.concat([frame, json]));
  writeRegion(region, 0, Buffer.from(`dray-partial 1 ${start}\n`.padEnd(POINTER_LENGTH, '\0')));
}

/** The partial of this plan that the file is, whatever stands in its first block. */
export function findPartial(file: File, plan: ArchivePlan): PartialArchive | undefined {
  const partial = readHead(file, headStart(plan.size));
  return partial?.head.plan === plan.digest ? partial : undefined;
}

/** The partial of any plan that the file is. */
export function findAnyPartial(file: File): PartialArchive | undefined {
  const first = Buffer.alloc(POINTER_LENGTH);
  const length = file.fs.readSync(file.fd, first, 0, POINTER_LENGTH, 0);
  const [, start] = POINTER.exec(first.subarray(0, length).toString('latin1')) ?? [];
  return start === undefined ? undefined : readHead(file, Number(start));
}

/** What is known to be there of layer number `index`. */
export function readTable(partial: PartialArchive, index: number): RangeTable {
  return readPage({ ...partial, base: pagePosition(partial, index) });
}

function readPage({ fs, fd, base }: FileRegion): RangeTable {
  const page = Buffer.alloc(TABLE_PAGE);
  const length = fs.readSync(fd, page, 0, TABLE_PAGE, base);
  return decodeTable(page.subarray(0, length));
}

export function writeTable(partial: PartialArchive, index: number, table: RangeTable): void {
  writeRegion({ ...partial, base: partial.tables }, index * TABLE_PAGE, encodeTable(table));
}

/** The journal of a layer whose page begins at the base of a region. */
export function pageJournal(page: FileRegion): RangeJournal {
  const note: RangeJournal['note'] = (ranges) => writeRegion(page, 0, encodeTable({ ranges, sealed: false }));
  return { load: () => readPage(page).ranges, note, clear: () => note([]) };
}

/** Where the page of layer number `index` begins. */
export function pagePosition(partial: PartialArchive, index: number): number {
  return partial.tables + index * TABLE_PAGE;
}

/** Where the last page of ranges ends. */
export function tablesEnd(partial: PartialArchive): number {
  return partial.tables + partial.head.blobs.length * TABLE_PAGE;
}

function headStart(size: number): number {
  return Math.ceil(size / TABLE_PAGE) * TABLE_PAGE;
}

function tablesStart(start: number, headLength: number): number {
  return start + Math.ceil((8 + headLength) / TABLE_PAGE) * TABLE_PAGE;
}

function readHead(file: File, start: number): PartialArchive | undefined {
  const size = file.fs.fstatSync(file.fd).size;
  if (start + 8 > size) return undefined;
  const region = { ...file, base: 0 };
  const frame = Buffer.alloc(8);
  readRegion(region, start, frame);
  const length = frame.readUInt32LE(0);
  if (length > LARGEST_HEAD || start + 8 + length > size) return undefined;
  const json = Buffer.alloc(length);
  readRegion(region, start + 8, json);
  if (checksum(json) !== frame.readUInt32LE(4)) return undefined;
  const head = parseHead(json);
  return head === undefined ? undefined : { ...file, head, tables: tablesStart(start, length) };
}

function parseHead(json: Buffer): PartialHead | undefined {
  try {
    const head = JSON.parse(json.toString()) as PartialHead | null;
    return head?.version === 1 && Array.isArray(head.blobs) ? head : undefined;
  } catch {
    return undefined;
  }
}
