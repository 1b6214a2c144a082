import { BLOCK } from './header.ts';
import { fieldNumber } from './parse-header.ts';

/** Longest record of a header that is looked at. */
const LONGEST_RECORD = 1024 * 1024;

/** What is collected next, and what it is. */
interface Piece {
  readonly kind: 'header' | 'pax' | 'link';
  readonly start: number;
  readonly bytes: Buffer;
  filled: number;
}

/**
 * Adds up what the files of a tar hold, while it passes: the bytes of regular files, each hard-linked one once, and of the names in symbolic links. That is
 * what docker shows as the size of a layer. Looks at headers alone, and at nothing before `next`.
 */
export class ContentCount {
  #piece: Piece = piece('header', 0, BLOCK);
  #after = 0;
  #total = 0;
  #size: number | undefined;
  #link: number | undefined;
  #state: 'running' | 'over' | 'broken' = 'running';

  /** Where the next byte stands that is looked at; Infinity when there is none. */
  get next(): number {
    return this.#state === 'running' ? this.#piece.start + this.#piece.filled : Number.POSITIVE_INFINITY;
  }

  /** Bytes so far; undefined for what is no tar. */
  get total(): number | undefined {
    return this.#state === 'broken' ? undefined : this.#total;
  }

  /** Takes the bytes from `position` on, which is no later than `next`. */
  write(chunk: Uint8Array, position: number): void {
    while (this.next < position + chunk.length) {
      const { bytes, filled } = this.#piece;
      const from = this.next - position;
      const part = chunk.subarray(from, from + bytes.length - filled);
      bytes.set(part, filled);
      this.#piece.filled += part.length;
      if (this.#piece.filled < bytes.length) return;
      try {
        this.#take(this.#piece);
      } catch {
        this.#state = 'broken';
      }
    }
  }

  #take({ kind, start, bytes }: Piece): void {
    if (kind === 'header') return this.#takeHeader(bytes, start);
    if (kind === 'link') this.#link = lengthOf(bytes);
    else this.#takeRecords(bytes);
    this.#piece = piece('header', this.#after, BLOCK);
  }

  #takeHeader(block: Buffer, start: number): void {
    if (block.every((byte) => byte === 0)) {
      this.#state = 'over';
      return;
    }
    const type = block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0);
    const stored = this.#size ?? fieldNumber(block, 124, 12, 'size');
    const data = /[1-6]/.test(type) ? 0 : stored;
    const body = start + BLOCK;
    this.#after = body + Math.ceil(data / BLOCK) * BLOCK;
    if (type === 'x' || type === 'K') {
      if (data > LONGEST_RECORD) throw new RangeError('a record is too long');
      this.#piece = piece(type === 'x' ? 'pax' : 'link', body, data);
      if (data === 0) this.#take(this.#piece);
      return;
    }
    this.#piece = piece('header', this.#after, BLOCK);
    if (type === 'g' || type === 'L') return;
    if (type === '2') this.#total += this.#link ?? lengthOf(block.subarray(157, 257));
    else this.#total += data;
    this.#size = undefined;
    this.#link = undefined;
  }

  /** `LENGTH KEY=VALUE\n` again and again. */
  #takeRecords(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const space = bytes.indexOf(0x20, at);
      const length = Number(bytes.toString('latin1', at, space));
      if (space < 0 || !Number.isSafeInteger(length) || length <= space - at) throw new Error('a record is malformed');
      const equals = bytes.indexOf(0x3d, space);
      const key = bytes.toString('latin1', space + 1, equals);
      if (key === 'size') this.#size = Number(bytes.toString('latin1', equals + 1, at + length - 1));
      if (key === 'linkpath') this.#link = at + length - 1 - (equals + 1);
      at += length;
    }
  }
}

function piece(kind: Piece['kind'], start: number, length: number): Piece {
  return { kind, start, bytes: Buffer.alloc(length), filled: 0 };
}

/** Bytes before the first zero. */
function lengthOf(field: Buffer): number {
  const end = field.indexOf(0);
  return end === -1 ? field.length : end;
}
