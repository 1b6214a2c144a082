import * as fs from 'node:fs';
import { DrayError, unlessCancelled } from '#errors';
import type { ByteSpan, StorageOptions } from '../storage/port.ts';
import { asIoFailure } from './io-failure.ts';

/** Bytes given to a reader at once. */
const CHUNK = 256 * 1024;

/**
 * A file that grows and is read meanwhile, by any number of readers at their own pace: memory holds no more than a piece for each of them. The
 * last bytes are written when all of them have been verified: whoever has read it to its end has the right content. Another process
 * may be the one that writes.
 */
export class Spool {
  readonly path: string;
  /** Bytes that it will have. */
  readonly size: number;
  #fd: number;
  #available = 0;
  #error: Error | undefined;
  #holders = 1;
  #isClosed = false;
  #wasRead = false;
  readonly #waiting = new Set<() => void>();

  /** Opens the file, which is made if it is not there, and holds it until `release`. */
  constructor(path: string, size: number) {
    this.path = path;
    this.size = size;
    this.#fd = open(path);
  }

  /** False: it can be read no more, but what it held is elsewhere. */
  get isOpen(): boolean {
    return !this.#isClosed;
  }

  get isWhole(): boolean {
    return this.#available === this.size;
  }

  /** Bytes that can be read. */
  get available(): number {
    return this.#available;
  }

  get error(): Error | undefined {
    return this.#error;
  }

  /** True when somebody has read it and nobody does any more. */
  get isLeft(): boolean {
    return this.#wasRead && this.#holders === 1;
  }

  /** What the file has now, whoever wrote it. `gone`: it has lost its name, nobody will add to it. */
  look(): { readonly length: number; readonly gone: boolean } {
    const { size, nlink } = fs.fstatSync(this.#fd);
    return { length: size, gone: nlink === 0 };
  }

  /** Gives the first `length` bytes of the file, which no reader needs to have seen; resolves with how many there are. */
  async reread(length: number, sink: (chunk: Uint8Array) => void): Promise<number> {
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK, length)));
    let at = 0;
    while (at < length) {
      const count = await this.#readAt(buffer, at, Math.min(buffer.length, length - at));
      sink(buffer.subarray(0, count));
      at += count;
    }
    return at;
  }

  /** Lets readers have what is there up to `end`. */
  grow(end: number): void {
    if (end <= this.#available) return;
    this.#available = end;
    this.#wake();
  }

  /** Adds to the end, synchronously. */
  write(chunk: Uint8Array, position: number): void {
    try {
      for (let at = 0; at < chunk.length; ) {
        at += fs.writeSync(this.#fd, chunk, at, chunk.length - at, position + at);
      }
    } catch (error) {
      throw asIoFailure('keeping what comes from the upstream', error);
    }
    this.grow(position + chunk.length);
  }

  /** Ends all readers with `error`. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#wake();
  }

  /** Takes the file's name away. Those who read it go on. */
  unlink(): void {
    fs.rmSync(this.path, { force: true });
  }

  /** Begins anew with an empty file, where nobody has read anything yet. */
  renew(): void {
    fs.closeSync(this.#fd);
    this.unlink();
    this.#fd = open(this.path);
  }

  /** To be called once, by whoever opened it. It closes when the last reader is done. */
  release(): void {
    this.#let();
  }

  async *read({ start, end }: ByteSpan, { signal }: StorageOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    this.#holders += 1;
    this.#wasRead = true;
    try {
      const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK, end - start)));
      for (let at = start; at < end; ) {
        if (this.#error !== undefined) throw this.#error;
        const ready = Math.min(this.#available, end) - at;
        if (ready <= 0) {
          await this.#more(signal);
          continue;
        }
        const count = await this.#readAt(buffer, at, Math.min(buffer.length, ready));
        at += count;
        yield buffer.subarray(0, count);
      }
    } finally {
      this.#let();
    }
  }

  #readAt(buffer: Buffer, position: number, length: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, buffer, 0, length, position, (error, count) => {
        if (error !== null) reject(asIoFailure('reading what came from the upstream', error));
        else if (count === 0) reject(new DrayError('IO_FAILED', `${this.path} is shorter than it was`));
        else resolve(count);
      });
    });
  }

  #more(signal: AbortSignal | undefined): Promise<void> {
    let wake: (() => void) | undefined;
    const more = new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiting.add(resolve);
    });
    return unlessCancelled(more, signal).finally(() => wake && this.#waiting.delete(wake));
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #let(): void {
    this.#holders -= 1;
    if (this.#holders > 0 || this.#isClosed) return;
    this.#isClosed = true;
    fs.closeSync(this.#fd);
  }
}

function open(path: string): number {
  try {
    return fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
  } catch (error) {
    throw asIoFailure('making room for what comes from the upstream', error);
  }
}
