import { discard } from './discard.ts';
import { LARGEST_BLOCK } from './literals.ts';

/** Bytes that come before the old ones are moved out of the way: moving a window for each block would cost more than decoding it. */
const SLACK = 8 * 1024 * 1024;
/** Below this a loop beats a call. */
const SHORT = 24;

/** The last bytes of a frame, which matches point back to, and the block that is being made behind them. */
export class Window {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Bytes that matches may point to. */
  #size = 0;
  #frameStart = 0;
  #blockStart = 0;
  #end = 0;

  /** Begins a frame with a window of so many bytes. */
  restart(size: number): void {
    this.#size = size;
    this.#frameStart = 0;
    this.#end = 0;
    const wanted = size + Math.min(size, SLACK) + LARGEST_BLOCK;
    if (this.#bytes.length >= wanted) return;
    this.close();
    this.#bytes = new Uint8Array(wanted);
  }

  /** Frees the memory at once; `restart` comes before anything else. */
  close(): void {
    discard(this.#bytes);
    this.#bytes = new Uint8Array(0);
  }

  /** Begins a block: there is room for the largest. */
  begin(): void {
    if (this.#end + LARGEST_BLOCK > this.#bytes.length) {
      const kept = Math.min(this.#size, this.#end - this.#frameStart);
      this.#bytes.copyWithin(0, this.#end - kept, this.#end);
      this.#frameStart = 0;
      this.#end = kept;
    }
    this.#blockStart = this.#end;
  }

  /** The block so far; good until the next one begins. */
  get block(): Uint8Array {
    return this.#bytes.subarray(this.#blockStart, this.#end);
  }

  append(from: Uint8Array, start: number, length: number): void {
    const end = this.#grow(length);
    if (length > SHORT) this.#bytes.set(from.subarray(start, start + length), end - length);
    else for (let i = 0; i < length; i++) this.#bytes[end - length + i] = from[start + i] ?? 0;
  }

  fill(byte: number, length: number): void {
    const end = this.#grow(length);
    this.#bytes.fill(byte, end - length, end);
  }

  /** Repeats what stands `offset` bytes before the end. */
  repeat(offset: number, length: number): void {
    if (offset > this.#end - this.#frameStart || offset > this.#size) throw new Error('a match begins too far back');
    const end = this.#grow(length);
    const to = end - length;
    const bytes = this.#bytes;
    if (length > SHORT && offset >= length) bytes.copyWithin(to, to - offset, to - offset + length);
    else if (offset === 1) bytes.fill(bytes[to - 1] ?? 0, to, end);
    else for (let i = to; i < end; i++) bytes[i] = bytes[i - offset] ?? 0;
  }

  #grow(length: number): number {
    this.#end += length;
    if (this.#end - this.#blockStart > LARGEST_BLOCK) throw new Error('a block becomes too large');
    return this.#end;
  }
}
