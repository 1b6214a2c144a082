import { ForwardBits, highestBit } from './bits.ts';

/** A decoding table: for each state its symbol, and how the next state is made: `base` plus `bits` bits. */
export interface FseTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

export interface ReadTable {
  readonly table: FseTable;
  /** Where the description ends. */
  readonly end: number;
}

export interface TableLimits {
  readonly log: number;
  /** Largest symbol. */
  readonly symbol: number;
}

/** Reads a table's description (RFC 8878, 4.1.1). */
export function readFseTable(bytes: Uint8Array, start: number, limits: TableLimits): ReadTable {
  const bits = new ForwardBits(bytes, start);
  const log = bits.read(4) + 5;
  if (log > limits.log) throw new Error('an FSE table is too large');
  const shares: number[] = [];
  let remaining = 1 << log;
  while (remaining > 0 && shares.length <= limits.symbol) {
    const share = readShare(bits, remaining);
    remaining -= Math.abs(share);
    shares.push(share);
    if (share === 0) readZeros(bits, shares, limits.symbol);
  }
  const end = (bits.position + 7) >> 3;
  if (remaining !== 0 || end > bytes.length || shares.length > limits.symbol + 1)
    throw new Error('an FSE table is wrong');
  return { table: buildFseTable(shares, log), end };
}

/** A symbol's share of the states; -1 for "less than one". Small values take one bit less where they can. */
function readShare(bits: ForwardBits, remaining: number): number {
  const count = highestBit(remaining + 1) + 1;
  const value = bits.read(count);
  const low = value & ((1 << (count - 1)) - 1);
  const threshold = (1 << count) - 2 - remaining;
  if (low < threshold) {
    bits.position -= 1;
    return low - 1;
  }
  return (value === low ? value : value - threshold) - 1;
}

/** After a share of nothing: how many more have nothing, two bits at a time. */
function readZeros(bits: ForwardBits, shares: number[], largest: number): void {
  let more = 3;
  while (more === 3) {
    more = bits.read(2);
    for (let i = 0; i < more; i++) shares.push(0);
    if (shares.length > largest + 1) throw new Error('an FSE table has too many symbols');
  }
}

export function buildFseTable(shares: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = Uint16Array.from(shares, (share) => Math.abs(share));
  let high = size - 1;
  for (const [symbol, share] of shares.entries()) if (share === -1) symbols[high--] = symbol;
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (const [symbol, share] of shares.entries()) {
    for (let i = 0; i < share; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at > high);
    }
  }
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] ?? 0;
    const count = next[symbol] ?? 0;
    next[symbol] = count + 1;
    const taken = log - highestBit(count);
    bits[state] = taken;
    base[state] = (count << taken) - size;
  }
  return { log, symbols, bits, base };
}

/** The table of one single symbol. */
export function singleFseTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), base: new Uint16Array(1) };
}
