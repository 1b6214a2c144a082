/** Position of the highest bit that is set; -1 for 0. */
export function highestBit(value: number): number {
  return 31 - Math.clz32(value);
}

/** Bits from the first byte on, the lowest of each byte first. Bits behind the end are zeros. */
export class ForwardBits {
  readonly #bytes: Uint8Array;
  /** Bits taken, counted from the beginning of the bytes. */
  position: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.position = start * 8;
  }

  /** @param count at most 16 */
  read(count: number): number {
    const at = this.position >> 3;
    const bytes = this.#bytes;
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    const value = (word >>> (this.position & 7)) & ((1 << count) - 1);
    this.position += count;
    return value;
  }
}

/** Bits from the end to the beginning, as FSE and Huffman streams are written (RFC 8878, 4.1 and 4.2.2). Bits before the beginning are zeros. */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  /** Bits left; below 0 when more were taken than there are. */
  left: number;

  /** The stream is `bytes` from `start` to `end`. Its last byte has a one above the stream's last bit. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = end > start ? (bytes[end - 1] ?? 0) : 0;
    if (last === 0) throw new Error('a stream of bits has no end');
    this.#bytes = bytes;
    this.#start = start;
    this.left = (end - start - 1) * 8 + highestBit(last);
  }

  /** @param count at most 16 */
  read(count: number): number {
    this.left -= count;
    if (this.left >= 0) return bitsAt(this.#bytes, this.#start, this.left, count);
    const there = this.left + count;
    return there <= 0 ? 0 : bitsAt(this.#bytes, this.#start, 0, there) << -this.left;
  }
}

/** `count` bits, at most 30, from bit `from` of the bytes that begin at `start`. Nonsense for a `from` below 0. */
export function bitsAt(bytes: Uint8Array, start: number, from: number, count: number): number {
  const at = start + (from >> 3);
  // What lies behind the end is undefined, which counts as 0 here.
  const word =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24);
  const shift = from & 7;
  const low = word >>> shift;
  if (count + shift <= 32) return low & ((1 << count) - 1);
  return (low | ((bytes[at + 4] as number) << (32 - shift))) & ((1 << count) - 1);
}
