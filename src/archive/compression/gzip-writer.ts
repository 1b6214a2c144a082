import type { DeflateRaw } from 'node:zlib';
import type { Bytes } from '#bytes';
import { zlib } from './zlib.ts';

/** No name, no time, unknown system: the same ten bytes every time (RFC 1952). */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** Longest content of a stored block (RFC 1951, 3.2.4). */
const LONGEST_STORED = 0xffff;
/** An empty last block. */
const LAST_BLOCK = Uint8Array.of(1, 0, 0, 0xff, 0xff);

/**
 * Writes one gzip member, parts of which may be only stored: what is compressed already would cost time and not become smaller. Each of
 * its methods gives the next bytes of the member; use them in the order header, then any of store, deflate and endDeflate, then trailer.
 */
export class GzipWriter {
  readonly #level: number;
  #crc = 0;
  #length = 0;
  #deflater: Deflater | undefined;

  /** @param level of the deflated parts, 1 to 9 */
  constructor(level: number) {
    this.#level = level;
  }

  header(): Uint8Array {
    return HEADER;
  }

  /** `chunk` as it is. No deflating may be under way: end it first. */
  store(chunk: Uint8Array): Uint8Array {
    this.#count(chunk);
    const out = Buffer.allocUnsafeSlow(chunk.length + 5 * Math.ceil(chunk.length / LONGEST_STORED));
    let to = 0;
    for (let from = 0; from < chunk.length; from += LONGEST_STORED) {
      const part = chunk.subarray(from, from + LONGEST_STORED);
      out[to] = 0;
      out.writeUInt16LE(part.length, to + 1);
      out.writeUInt16LE(part.length ^ 0xffff, to + 3);
      out.set(part, to + 5);
      to += 5 + part.length;
    }
    return out;
  }

  /** What the compressor gives away after `chunk`, which may be reused then. */
  async deflate(chunk: Uint8Array): Promise<readonly Uint8Array[]> {
    this.#count(chunk);
    this.#deflater ??= new Deflater(this.#level);
    return this.#deflater.write(chunk);
  }

  /** What the compressor still holds, up to a whole byte. */
  async endDeflate(): Promise<readonly Uint8Array[]> {
    const deflater = this.#deflater;
    this.#deflater = undefined;
    return deflater === undefined ? [] : deflater.end();
  }

  trailer(): Uint8Array {
    const out = Buffer.alloc(LAST_BLOCK.length + 8);
    out.set(LAST_BLOCK);
    out.writeUInt32LE(this.#crc, LAST_BLOCK.length);
    out.writeUInt32LE(this.#length % 2 ** 32, LAST_BLOCK.length + 4);
    return out;
  }

  /** Frees what a deflating under way holds. */
  destroy(): void {
    this.#deflater?.destroy();
    this.#deflater = undefined;
  }

  #count(chunk: Uint8Array): void {
    this.#crc = zlib().crc32(chunk, this.#crc);
    this.#length += chunk.length;
  }
}

/** zlib's stream with its output collected. */
class Deflater {
  readonly #stream: DeflateRaw;
  #output: Uint8Array[] = [];

  constructor(level: number) {
    this.#stream = zlib().createDeflateRaw({ level, chunkSize: 256 * 1024 });
    this.#stream.on('data', (chunk: Uint8Array) => this.#output.push(chunk));
  }

  write(chunk: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#after((done) => this.#stream.write(chunk, done));
  }

  async end(): Promise<readonly Uint8Array[]> {
    const rest = await this.#after((done) => this.#stream.flush(zlib().constants.Z_FULL_FLUSH, done));
    this.destroy();
    return rest;
  }

  destroy(): void {
    this.#stream.destroy();
  }

  async #after(step: (done: (error?: Error | null) => void) => void): Promise<readonly Uint8Array[]> {
    await new Promise<void>((resolve, reject) => step((error) => (error ? reject(error) : resolve())));
    const output = this.#output;
    this.#output = [];
    return output;
  }
}

/**
 * Gzip of `bytes`, equal for equal input on the same Node: no time, no name. Level 0 stores.
 * Rejects with whatever `bytes` reject with.
 */
export async function* compressGzip(bytes: Bytes, level: number): AsyncGenerator<Uint8Array, void, undefined> {
  const writer = new GzipWriter(level);
  try {
    yield writer.header();
    for await (const chunk of bytes) {
      if (level === 0) yield writer.store(chunk);
      else yield* await writer.deflate(chunk);
    }
    yield* await writer.endDeflate();
    yield writer.trailer();
  } finally {
    writer.destroy();
  }
}
