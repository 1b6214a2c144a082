import { BackwardBits, highestBit } from './bits.ts';
import { readFseTable } from './fse.ts';

/** For each `log` bits, the symbol that they begin with, and how many of them are its own. */
export interface HuffmanTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly lengths: Uint8Array;
}

const LARGEST_LOG = 11;
const WEIGHT_LIMITS = { log: 6, symbol: 255 };

/** Reads a tree's description (RFC 8878, 4.2.1). */
export function readHuffmanTable(
  bytes: Uint8Array,
  start: number,
): { readonly table: HuffmanTable; readonly end: number } {
  const head = bytes[start] ?? 0;
  const compressed = head < 128;
  const end = start + 1 + (compressed ? head : (head - 126) >> 1);
  if (end > bytes.length) throw new Error('a Huffman tree is cut off');
  const weights = compressed ? readWeights(bytes, start + 1, end) : directWeights(bytes, start + 1, head - 127);
  return { table: buildTable(weights), end };
}

function directWeights(bytes: Uint8Array, start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const byte = bytes[start + (i >> 1)] ?? 0;
    return i % 2 === 0 ? byte >> 4 : byte & 15;
  });
}

/** Two states take turns until the bits are used up. */
function readWeights(bytes: Uint8Array, start: number, end: number): number[] {
  const { table, end: streamStart } = readFseTable(bytes, start, WEIGHT_LIMITS);
  const bits = new BackwardBits(bytes, streamStart, end);
  const states = [bits.read(table.log), bits.read(table.log)];
  const weights: number[] = [];
  for (let turn = 0; weights.length < 255; turn ^= 1) {
    const state = states[turn] ?? 0;
    weights.push(table.symbols[state] ?? 0);
    states[turn] = (table.base[state] ?? 0) + bits.read(table.bits[state] ?? 0);
    if (bits.left < 0) {
      weights.push(table.symbols[states[turn ^ 1] ?? 0] ?? 0);
      return weights;
    }
  }
  throw new Error('a Huffman tree has too many weights');
}

/** The last weight is not written: it fills the sum up to a power of two. */
function buildTable(written: readonly number[]): HuffmanTable {
  let sum = 0;
  for (const weight of written) {
    if (weight > LARGEST_LOG) throw new Error('a Huffman tree is too deep');
    if (weight > 0) sum += 1 << (weight - 1);
  }
  const log = highestBit(sum) + 1;
  const left = (1 << log) - sum;
  if (sum === 0 || log > LARGEST_LOG || (left & (left - 1)) !== 0 || written.length > 255) {
    throw new Error('a Huffman tree is wrong');
  }
  const weights = [...written, highestBit(left) + 1];
  const symbols = new Uint8Array(1 << log);
  const lengths = new Uint8Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    for (const [symbol, its] of weights.entries()) {
      if (its !== weight) continue;
      const end = at + (1 << (weight - 1));
      symbols.fill(symbol, at, end);
      lengths.fill(log + 1 - weight, at, end);
      at = end;
    }
  }
  return { log, symbols, lengths };
}

/** A stretch of bytes. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Fills `into` with the symbols of one stream, which must have exactly so many. */
export function decodeHuffman(table: HuffmanTable, from: Span, into: Span): void {
  const { log, symbols, lengths } = table;
  const { bytes, start } = from;
  const mask = (1 << log) - 1;
  const output = into.bytes;
  const { end } = into;
  let { left } = new BackwardBits(bytes, start, from.end);
  let to = into.start;
  for (; to < end && left >= log; to++) {
    const low = left - log;
    const at = start + (low >> 3);
    const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    const code = (word >>> (low & 7)) & mask;
    output[to] = symbols[code] as number;
    left -= lengths[code] as number;
  }
  for (; to < end; to++) {
    const code = lowBits(bytes, start, left, log);
    output[to] = symbols[code] as number;
    left -= lengths[code] as number;
  }
  if (left !== 0) throw new Error('a Huffman stream has a wrong length');
}

/** The last bits of a stream, with zeros for those that are missing. */
function lowBits(bytes: Uint8Array, start: number, left: number, log: number): number {
  if (left <= 0) return 0;
  const word = (bytes[start] ?? 0) | ((bytes[start + 1] ?? 0) << 8);
  return (word & ((1 << left) - 1)) << (log - left);
}
