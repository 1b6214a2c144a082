import { decodeHuffman, type HuffmanTable, readHuffmanTable } from './huffman.ts';

/** Most bytes that a block can become. */
export const LARGEST_BLOCK: number = 128 * 1024;

/** The literals of one block, and the tree that the next one may use again. */
export class Literals {
  readonly bytes: Uint8Array = new Uint8Array(LARGEST_BLOCK);
  length = 0;
  #table: HuffmanTable | undefined;

  /** Forgets what the last frame has left. */
  restart(): void {
    this.#table = undefined;
  }

  /** Reads the literals at the beginning of a block (RFC 8878, 3.1.1.3.1); returns where they end. */
  read(block: Uint8Array): number {
    const first = block[0] ?? 0;
    const format = (first >> 2) & 3;
    const end =
      (first & 3) < 2 ? this.#readPlain(block, first & 3, format) : this.#readCompressed(block, first & 3, format);
    if (end > block.length) throw new Error('the literals of a block are cut off');
    return end;
  }

  /** As they are, or one byte so many times. */
  #readPlain(block: Uint8Array, type: number, format: number): number {
    const head = number(block, 0, 3);
    const [start, length] =
      format % 2 === 0 ? [1, (head & 0xff) >> 3] : format === 1 ? [2, (head & 0xffff) >> 4] : [3, head >> 4];
    this.#setLength(length);
    if (type === 1) {
      this.bytes.fill(block[start] ?? 0, 0, length);
      return start + 1;
    }
    if (start + length > block.length) throw new Error('the literals of a block are cut off');
    this.bytes.set(block.subarray(start, start + length));
    return start + length;
  }

  /** Huffman codes, with a tree of their own (type 2) or the last one (type 3), in one stream (format 0) or four. */
  #readCompressed(block: Uint8Array, type: number, format: number): number {
    const start = format < 2 ? 3 : format + 2;
    const digits = format < 2 ? 10 : 4 * format + 6;
    const head = number(block, 0, start);
    this.#setLength(Math.floor(head / 16) % 2 ** digits);
    const end = start + Math.floor(head / 2 ** (4 + digits));
    if (end > block.length) throw new Error('the literals of a block are cut off');
    let at = start;
    if (type === 2) {
      const { table, end: treeEnd } = readHuffmanTable(block.subarray(0, end), start);
      this.#table = table;
      at = treeEnd;
    }
    if (this.#table === undefined) throw new Error('a block wants a Huffman tree that is not there');
    if (format === 0) this.#decode(this.#table, block, [at, end], [0, this.length]);
    else this.#decodeFour(this.#table, block, at, end);
    return end;
  }

  #decodeFour(table: HuffmanTable, block: Uint8Array, start: number, end: number): void {
    const quarter = (this.length + 3) >> 2;
    let from = start + 6;
    for (let i = 0; i < 4; i++) {
      const to = i < 3 ? from + number(block, start + 2 * i, 2) : end;
      if (to > end || 3 * quarter > this.length) throw new Error('the literals of a block are wrong');
      this.#decode(table, block, [from, to], [i * quarter, i < 3 ? (i + 1) * quarter : this.length]);
      from = to;
    }
  }

  #decode(
    table: HuffmanTable,
    block: Uint8Array,
    from: readonly [number, number],
    to: readonly [number, number],
  ): void {
    decodeHuffman(
      table,
      { bytes: block, start: from[0], end: from[1] },
      { bytes: this.bytes, start: to[0], end: to[1] },
    );
  }

  #setLength(length: number): void {
    if (length > LARGEST_BLOCK) throw new Error('a block has too many literals');
    this.length = length;
  }
}

/** Little endian; up to 5 bytes. */
function number(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[start + i] ?? 0);
  return value;
}
