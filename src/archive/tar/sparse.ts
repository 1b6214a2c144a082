import type { Cursor } from './cursor.ts';
import { BLOCK } from './header.ts';
import { fieldNumber } from './parse-header.ts';
import { type PaxRecords, paxNumber } from './pax.ts';

/** A run of data in a sparse file. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/** A file with holes: its entry's content is the data of the segments, one after the other. */
export interface SparseMap {
  /** Bytes of the file, its holes included. */
  readonly size: number;
  /** In order, apart from each other. */
  readonly segments: readonly Segment[];
}

/** Where the map of a sparse entry ended, and what is left of its content behind it. */
export interface ReadSparse {
  readonly map: SparseMap;
  readonly stored: number;
}

const MOST_SEGMENTS = 128 * 1024;
const PAIR = 24;

/** True where the extensions say that what follows is one of GNU's sparse formats of pax. */
export function isPaxSparse(pax: PaxRecords): boolean {
  for (const key of pax.keys()) if (key.startsWith('GNU.sparse.')) return true;
  return false;
}

/** GNU's old format: four pairs in the header, and blocks of 21 pairs behind it as long as each says that one more follows. */
export async function readOldSparse(cursor: Cursor, header: Uint8Array, stored: number): Promise<ReadSparse> {
  const numbers: number[] = [];
  cursor.parsed(() => takePairs(header.subarray(386, 386 + 4 * PAIR), numbers));
  const size = cursor.parsed(() => fieldNumber(header, 483, 12, 'size'));
  let left = MOST_SEGMENTS / 21;
  for (let more = header[482] !== 0; more; left -= 1) {
    if (left < 0) throw cursor.failure('a sparse map has too many segments');
    const block = await cursor.take(BLOCK);
    if (block.length < BLOCK) throw cursor.failure('it ends in the middle of a sparse map');
    cursor.parsed(() => takePairs(block.subarray(0, 21 * PAIR), numbers));
    more = block[504] !== 0;
  }
  return { map: cursor.parsed(() => mapOf(numbers, size, stored)), stored };
}

/** GNU's formats of pax: 0.0 and 0.1 have the map in the records, 1.0 has it before the content. */
export async function readPaxSparse(cursor: Cursor, pax: PaxRecords, stored: number): Promise<ReadSparse> {
  const major = pax.get('GNU.sparse.major') ?? '0';
  const minor = pax.get('GNU.sparse.minor') ?? '1';
  const version = `${major}.${minor}`;
  if (version === '1.0') {
    const size = cursor.parsed(() => paxNumber(pax, 'GNU.sparse.realsize', stored));
    const start = cursor.position;
    const numbers = await readMapBefore(cursor, stored);
    const left = stored - (cursor.position - start);
    return { map: cursor.parsed(() => mapOf(numbers, size, left)), stored: left };
  }
  if (version !== '0.1' && version !== '0.0')
    throw cursor.failure(`it has sparse files of version ${version}`, 'UNSUPPORTED');
  const size = cursor.parsed(() => paxNumber(pax, 'GNU.sparse.size', stored));
  const text = pax.get('GNU.sparse.map') ?? '';
  const numbers = cursor.parsed(() => (text === '' ? [] : text.split(',').map(decimal)));
  return { map: cursor.parsed(() => mapOf(numbers, size, stored)), stored };
}

/** Lines of decimal numbers: how many segments, then offset and length of each; filled up to a whole block. */
async function readMapBefore(cursor: Cursor, stored: number): Promise<readonly number[]> {
  const numbers: number[] = [];
  let wanted = 1;
  let rest = '';
  for (let left = stored; numbers.length < wanted; left -= BLOCK) {
    const block = left < BLOCK ? undefined : await cursor.take(BLOCK);
    if (block?.length !== BLOCK) throw cursor.failure('it ends in the middle of a sparse map');
    const lines = (rest + Buffer.from(block).toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > BLOCK && numbers.length + lines.length < wanted)
      throw cursor.failure('a sparse map has no numbers');
    for (const line of lines) {
      if (numbers.length === wanted) break;
      const number = cursor.parsed(() => decimal(line));
      if (numbers.length === 0 && number > MOST_SEGMENTS) throw cursor.failure('a sparse map has too many segments');
      if (numbers.length === 0) wanted = 1 + 2 * number;
      numbers.push(number);
    }
  }
  return numbers.slice(1);
}

function takePairs(block: Uint8Array, numbers: number[]): void {
  for (let at = 0; at < block.length; at += PAIR) {
    // The list ends with a pair that was not written.
    if (block[at] === 0 && block[at + 12] === 0) return;
    numbers.push(fieldNumber(block, at, 12, 'sparse map'), fieldNumber(block, at + 12, 12, 'sparse map'));
    if (numbers.length > 2 * MOST_SEGMENTS) throw new Error('a sparse map has too many segments');
  }
}

function decimal(text: string): number {
  const number = Number(text);
  if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(number)) throw new Error('a sparse map has no numbers');
  return number;
}

/** Throws where segments overlap, stand in no order, reach over the end or are not what is stored. */
function mapOf(numbers: readonly number[], size: number, stored: number): SparseMap {
  if (numbers.length % 2 !== 0) throw new Error('a sparse map has an offset without a length');
  if (numbers.length > 2 * MOST_SEGMENTS) throw new Error('a sparse map has too many segments');
  const segments: Segment[] = [];
  let end = 0;
  let data = 0;
  for (let at = 0; at < numbers.length; at += 2) {
    const [offset = 0, length = 0] = numbers.slice(at, at + 2);
    if (offset < end || length < 0 || offset + length > size) throw new Error('a sparse map is in disorder');
    end = offset + length;
    data += length;
    if (length > 0) segments.push({ offset, length });
  }
  if (data !== stored) throw new Error('a sparse map is not about what is stored');
  return { size, segments };
}
