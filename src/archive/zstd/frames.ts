import { LARGEST_BLOCK } from './literals.ts';

/**
 * The largest window that is taken: what the reference decoder allows by default. A frame says its window in its header, and a
 * decoder has to hold that much.
 */
export const LARGEST_WINDOW: number = 128 * 1024 * 1024;

export interface FrameBlock {
  readonly type: 'raw' | 'rle' | 'compressed';
  /** Bytes of its body, or how often the one byte of `rle` comes. */
  readonly size: number;
}

/** A run of bytes of one frame that lies in one chunk: of a block's body, or of what stands around the blocks. */
export interface FrameRun {
  readonly bytes: Uint8Array;
  /** Bytes of window that the frame's decoder needs: known, and not 0, from the end of the frame's header on. */
  readonly window: number;
  /** Of the block whose body this is. */
  readonly block: FrameBlock | undefined;
  readonly startsFrame: boolean;
  readonly endsBlock: boolean;
  readonly endsFrame: boolean;
}

type Part = 'magic' | 'descriptor' | 'header' | 'block' | 'body' | 'checksum' | 'skip-size' | 'skip';

const MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
const DICTIONARY_SIZES = [0, 1, 2, 4] as const;
const CONTENT_SIZES = [0, 2, 4, 8] as const;
const BLOCK_TYPES: readonly FrameBlock['type'][] = ['raw', 'rle', 'compressed'];

/**
 * Finds the frames and blocks of a zstd stream as it passes (RFC 8878, 3.1), so that decoders that stop after one frame, or give a
 * whole chunk's output at once, get the right pieces, and so that a stream that ends in the middle is noticed. Skippable frames are left out.
 */
export class ZstdFrames {
  /** Bytes looked at. */
  position = 0;
  #part: Part = 'magic';
  /** Bytes of the part still to come. */
  #left = 4;
  /** The part's bytes so far, where they mean a number. */
  #gathered: number[] = [];
  #descriptor = 0;
  #window = 0;
  #block: FrameBlock = { type: 'raw', size: 0 };
  #lastBlock = false;

  /** True when a frame has begun and not ended. */
  get inside(): boolean {
    return this.#part !== 'magic' || this.#left !== 4;
  }

  /** The runs of the chunk that belong to frames. Throws at what is no zstd. */
  *scan(chunk: Uint8Array): Generator<FrameRun, void, undefined> {
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      const part = this.#part;
      const length = Math.min(this.#left, chunk.length - at);
      if (part !== 'body' && part !== 'skip') this.#gathered.push(...chunk.subarray(at, at + length));
      at += length;
      this.position += length;
      this.#left -= length;
      const body = this.#block;
      if (this.#left === 0) {
        this.#enterNext();
        this.#gathered = [];
        while (this.#left === 0) this.#enterNext();
      }
      const startsFrame = part === 'magic' && this.#part === 'descriptor';
      if (startsFrame) yield this.#run(MAGIC, { startsFrame });
      if (part === 'magic' || part === 'skip' || part === 'skip-size') start = at;
      const endsBlock = part === 'body' && this.#part !== 'body';
      const endsFrame = this.#part === 'magic' && (part === 'body' || part === 'block' || part === 'checksum');
      const block = part === 'body' ? body : undefined;
      if (at > start && (at === chunk.length || this.#part === 'body' || endsBlock || endsFrame)) {
        yield this.#run(chunk.subarray(start, at), { block, endsBlock, endsFrame });
        start = at;
      }
    }
  }

  #run(bytes: Uint8Array, facts: Partial<FrameRun>): FrameRun {
    const nothing = { block: undefined, startsFrame: false, endsBlock: false, endsFrame: false };
    return { ...nothing, ...facts, bytes, window: this.#window };
  }

  /** The part is complete: what comes after it. */
  #enterNext(): void {
    switch (this.#part) {
      case 'magic':
        return this.#enterFrame();
      case 'descriptor':
        return this.#enterHeader();
      case 'header':
        this.#readHeader();
        return this.#expect('block', 3);
      case 'block':
        return this.#enterBody();
      case 'body':
        if (!this.#lastBlock) return this.#expect('block', 3);
        return (this.#descriptor & 4) === 0 ? this.#expect('magic', 4) : this.#expect('checksum', 4);
      case 'skip-size':
        return this.#expect('skip', this.#number(0, 4));
      case 'checksum':
      case 'skip':
        return this.#expect('magic', 4);
    }
  }

  #expect(part: Part, length: number): void {
    this.#part = part;
    this.#left = length;
  }

  #number(from: number, length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + (this.#gathered[from + i] ?? 0);
    return value;
  }

  #enterFrame(): void {
    const magic = this.#number(0, 4);
    if (magic === 0xfd2fb528) this.#expect('descriptor', 1);
    else if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) this.#expect('skip-size', 4);
    else throw new Error('unknown data where a frame should begin');
    this.#window = 0;
  }

  #enterHeader(): void {
    this.#descriptor = this.#gathered[0] ?? 0;
    if ((this.#descriptor & 8) !== 0) throw new Error('a reserved bit is set');
    this.#expect('header', this.#windowSize + this.#dictionarySize + this.#contentSize);
  }

  get #windowSize(): number {
    return (this.#descriptor & 32) === 0 ? 1 : 0;
  }

  get #dictionarySize(): number {
    return DICTIONARY_SIZES[(this.#descriptor & 3) as 0 | 1 | 2 | 3];
  }

  get #contentSize(): number {
    const size = CONTENT_SIZES[(this.#descriptor >> 6) as 0 | 1 | 2 | 3];
    return size === 0 && this.#windowSize === 0 ? 1 : size;
  }

  #readHeader(): void {
    if (this.#windowSize === 0) {
      const offset = this.#contentSize === 2 ? 256 : 0;
      this.#window = offset + this.#number(this.#dictionarySize, this.#contentSize);
    } else {
      const byte = this.#gathered[0] ?? 0;
      const base = 2 ** (10 + (byte >> 3));
      this.#window = base + (base / 8) * (byte & 7);
    }
    // A frame of one segment may have no bytes at all.
    this.#window = Math.max(this.#window, 1);
    if (this.#window > LARGEST_WINDOW) throw new Error(`a frame wants a window of ${this.#window} bytes`);
  }

  #enterBody(): void {
    const header = this.#number(0, 3);
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    this.#lastBlock = (header & 1) === 1;
    const type = BLOCK_TYPES[kind];
    if (type === undefined || size > LARGEST_BLOCK) throw new Error('a block header is wrong');
    this.#block = { type, size };
    this.#expect('body', type === 'rle' ? 1 : size);
  }
}
