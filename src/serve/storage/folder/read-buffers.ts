/** Bytes read at once by each of so many readers: one alone is to be fast, hundreds together must not fill the memory. */
const SIZES: readonly (readonly [readers: number, size: number])[] = [
  [8, 1024 * 1024],
  [32, 256 * 1024],
];
const SMALLEST = 64 * 1024;
/** Of each size, kept for the next reader: making one anew for each costs more than reading into it. */
const MOST_FREE = 8;

let readers = 0;
const free = new Map<number, Buffer[]>();

/** The buffers of one reader, until it gives them back. */
export class ReadBuffers {
  /** Bytes of one buffer. */
  readonly size: number;
  readonly #taken: Buffer[] = [];

  /** @param length of what is to be read */
  constructor(length: number) {
    readers += 1;
    const size = SIZES.find(([most]) => readers <= most)?.[1] ?? SMALLEST;
    this.size = Math.min(size, length);
  }

  take(): Buffer {
    const buffer = free.get(this.size)?.pop() ?? Buffer.allocUnsafeSlow(this.size);
    this.#taken.push(buffer);
    return buffer;
  }

  /** Nobody looks at them any more. */
  giveBack(): void {
    readers -= 1;
    if (this.size < SMALLEST || !Number.isInteger(Math.log2(this.size))) return;
    const same = free.get(this.size) ?? [];
    free.set(this.size, same);
    same.push(...this.#taken.slice(0, MOST_FREE - same.length));
  }
}
