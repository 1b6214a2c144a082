import { BackwardBits, bitsAt } from './bits.ts';
import { buildFseTable, type FseTable, readFseTable, singleFseTable, type TableLimits } from './fse.ts';

/** What each code stands for: a base, and bits to add to it. */
interface Codes {
  readonly base: Uint32Array;
  readonly bits: Uint8Array;
}

/** Codes that follow each other without gaps from `first` on, the first `direct` of them with one value each. */
function codesOf(first: number, direct: number, more: readonly number[]): Codes {
  const bits = Uint8Array.from([...runs(0, direct), ...more]);
  const base = new Uint32Array(bits.length);
  let next = first;
  for (const [code, extra] of bits.entries()) {
    base[code] = next;
    next += 2 ** extra;
  }
  return { base, bits };
}

/** RFC 8878, 3.1.1.3.2.1.1. */
const LITERAL_CODES = codesOf(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCH_CODES = codesOf(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

interface Kind {
  readonly limits: TableLimits;
  readonly predefined: FseTable;
}

/** RFC 8878, 3.1.1.3.2.2. */
const LITERALS: Kind = {
  limits: { log: 9, symbol: 35 },
  predefined: buildFseTable(
    [4, 3, ...runs(2, 11), ...runs(1, 3), ...runs(2, 9), 3, 2, ...runs(1, 5), ...runs(-1, 4)],
    6,
  ),
};
const OFFSETS: Kind = {
  limits: { log: 8, symbol: 31 },
  predefined: buildFseTable([...runs(1, 6), ...runs(2, 3), ...runs(1, 15), ...runs(-1, 5)], 5),
};
const MATCHES: Kind = {
  limits: { log: 9, symbol: 52 },
  predefined: buildFseTable([1, 4, 3, ...runs(2, 6), ...runs(1, 37), ...runs(-1, 7)], 6),
};

function runs(value: number, length: number): number[] {
  return Array.from({ length }, () => value);
}

/** No window is so large. */
const LARGEST_OFFSET_CODE = 30;

/** More than any block has. */
const MOST_SEQUENCES = 0x7f00 + 0x10000;

/** Reads the sequences of blocks, whose tables the next block may use again. */
export class Sequences {
  /** Of the block that was read last: so many literals, then a match of such a length. */
  count = 0;
  readonly literals: Int32Array = new Int32Array(MOST_SEQUENCES);
  readonly matches: Int32Array = new Int32Array(MOST_SEQUENCES);
  /** How far back; where it is below 4, a number that stands for one of the last three. */
  readonly offsets: Int32Array = new Int32Array(MOST_SEQUENCES);
  #literalTable: FseTable | undefined;
  #offsetTable: FseTable | undefined;
  #matchTable: FseTable | undefined;

  /** Forgets what the last frame has left. */
  restart(): void {
    this.#literalTable = undefined;
    this.#offsetTable = undefined;
    this.#matchTable = undefined;
  }

  /** Reads the sequences of a block whose literals end at `start` (RFC 8878, 3.1.1.3.2). */
  read(block: Uint8Array, start: number): void {
    const first = block[start] ?? 0;
    if (start >= block.length) throw new Error('a block has no sequences section');
    this.count = 0;
    if (first === 0) {
      if (start + 1 !== block.length) throw new Error('a block has too many bytes');
      return;
    }
    const [count, modesAt] = readCount(block, start, first);
    const modes = block[modesAt] ?? 0;
    if ((modes & 3) !== 0) throw new Error('a reserved bit is set');
    let at = modesAt + 1;
    const next = (mode: number, kind: Kind, last: FseTable | undefined): FseTable => {
      const { table, end } = nextTable(block, at, mode & 3, { ...kind, last });
      at = end;
      return table;
    };
    const literals = next(modes >> 6, LITERALS, this.#literalTable);
    const offsets = next(modes >> 4, OFFSETS, this.#offsetTable);
    const matches = next(modes >> 2, MATCHES, this.#matchTable);
    this.#literalTable = literals;
    this.#offsetTable = offsets;
    this.#matchTable = matches;
    this.count = count;
    this.#readAll(block, at, { literals, offsets, matches });
  }

  /** Three states that take turns in one stream. All numbers are kept in locals: this is where the time goes. */
  #readAll(block: Uint8Array, start: number, tables: Tables): void {
    const { literals, offsets, matches } = tables;
    const { base: literalBase, bits: literalBits } = LITERAL_CODES;
    const { base: matchBase, bits: matchBits } = MATCH_CODES;
    let { left } = new BackwardBits(block, start, block.length);
    let literalState = bitsAt(block, start, (left -= literals.log), literals.log);
    let offsetState = bitsAt(block, start, (left -= offsets.log), offsets.log);
    let matchState = bitsAt(block, start, (left -= matches.log), matches.log);
    for (let i = 0; ; i++) {
      const offsetCode = offsets.symbols[offsetState] as number;
      const matchCode = matches.symbols[matchState] as number;
      const literalCode = literals.symbols[literalState] as number;
      if (offsetCode > LARGEST_OFFSET_CODE) throw new Error('a match begins too far back');
      left -= offsetCode;
      this.offsets[i] = (1 << offsetCode) + bitsAt(block, start, left, offsetCode);
      let count = matchBits[matchCode] as number;
      left -= count;
      this.matches[i] = (matchBase[matchCode] as number) + bitsAt(block, start, left, count);
      count = literalBits[literalCode] as number;
      left -= count;
      this.literals[i] = (literalBase[literalCode] as number) + bitsAt(block, start, left, count);
      if (left < 0) throw new Error('the sequences of a block are cut off');
      if (i + 1 === this.count) break;
      count = literals.bits[literalState] as number;
      left -= count;
      literalState = (literals.base[literalState] as number) + bitsAt(block, start, left, count);
      count = matches.bits[matchState] as number;
      left -= count;
      matchState = (matches.base[matchState] as number) + bitsAt(block, start, left, count);
      count = offsets.bits[offsetState] as number;
      left -= count;
      offsetState = (offsets.base[offsetState] as number) + bitsAt(block, start, left, count);
    }
    if (left !== 0) throw new Error('the sequences of a block are wrong');
  }
}

interface Tables {
  readonly literals: FseTable;
  readonly offsets: FseTable;
  readonly matches: FseTable;
}

function readCount(block: Uint8Array, start: number, first: number): readonly [count: number, end: number] {
  const second = block[start + 1] ?? 0;
  if (first < 128) return [first, start + 1];
  if (first < 255) return [((first - 128) << 8) + second, start + 2];
  return [second + ((block[start + 2] ?? 0) << 8) + 0x7f00, start + 3];
}

interface Choices extends Kind {
  readonly last: FseTable | undefined;
}

function nextTable(
  block: Uint8Array,
  at: number,
  mode: number,
  { limits, predefined, last }: Choices,
): { readonly table: FseTable; readonly end: number } {
  if (mode === 0) return { table: predefined, end: at };
  if (mode === 2) return readFseTable(block, at, limits);
  if (mode === 1) {
    const symbol = block[at] ?? 0;
    if (at >= block.length || symbol > limits.symbol) throw new Error('an FSE table is wrong');
    return { table: singleFseTable(symbol), end: at + 1 };
  }
  if (last === undefined) throw new Error('a block wants an FSE table that is not there');
  return { table: last, end: at };
}
