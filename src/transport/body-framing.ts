import { ChunkedFraming } from './chunked-framing.ts';
import { cleanText } from './clean-text.ts';
import { Malformed } from './malformed.ts';
import type { ResponseHead } from './parse-head.ts';
import type { HttpMethod } from './types.ts';

/**
 * Where a body ends, and which of the bytes on the wire are its own. Fed with a chunk, it gives the pieces of content in it, as
 * slices. All of it throws Malformed.
 */
export interface Framing {
  /** Bytes that the head promises; undefined where only the end tells. */
  readonly length: number | undefined;
  /** The whole body has been taken. */
  readonly done: boolean;
  /** Bytes of the last chunk that were not taken; once it is done, they belong to no answer. */
  readonly unused: number;
  feed(chunk: Uint8Array): void;
  /** The next piece of content; undefined when the chunk has no more. */
  take(): Uint8Array | undefined;
  /** The other side has closed. True where that is how this body ends; it is done then. */
  close(): boolean;
}

/** RFC 9112 section 6.3, without its leniences: what two readers could understand in two ways is refused. */
export function framingOf(head: ResponseHead, method: HttpMethod): Framing {
  const lengths = head.headers.all('content-length');
  const encodings = head.headers.all('transfer-encoding');
  if (lengths.length > 1) throw new Malformed('it has more than one Content-Length');
  if (lengths.length > 0 && encodings.length > 0) {
    throw new Malformed('it has a Content-Length and a Transfer-Encoding');
  }
  const [length] = lengths;
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw new Malformed(`its Content-Length is "${cleanText(length, 40)}"`);
  }
  const [encoding] = encodings;
  if (encoding !== undefined && (encodings.length > 1 || encoding.toLowerCase() !== 'chunked')) {
    throw new Malformed(`its Transfer-Encoding is "${cleanText(encodings.join(', '), 40)}", not chunked`);
  }
  if (encoding !== undefined && head.minorVersion === 0) {
    throw new Malformed('it is HTTP/1.0 with a Transfer-Encoding');
  }
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return new LengthFraming(0);
  if (encoding !== undefined) return new ChunkedFraming();
  return length === undefined ? new UntilClose() : new LengthFraming(Number(length));
}

export class LengthFraming implements Framing {
  readonly length: number;
  #left: number;
  #chunk: Uint8Array | undefined;

  constructor(length: number) {
    this.length = length;
    this.#left = length;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  get unused(): number {
    return this.#chunk?.length ?? 0;
  }

  feed(chunk: Uint8Array): void {
    this.#chunk = chunk.length === 0 ? undefined : chunk;
  }

  take(): Uint8Array | undefined {
    const chunk = this.#chunk;
    if (chunk === undefined || this.#left === 0) return undefined;
    if (chunk.length <= this.#left) {
      this.#chunk = undefined;
      this.#left -= chunk.length;
      return chunk;
    }
    const piece = chunk.subarray(0, this.#left);
    this.#chunk = chunk.subarray(this.#left);
    this.#left = 0;
    return piece;
  }

  close(): boolean {
    return this.#left === 0;
  }
}

export class UntilClose implements Framing {
  readonly length = undefined;
  done = false;
  #chunk: Uint8Array | undefined;

  get unused(): number {
    return this.#chunk?.length ?? 0;
  }

  feed(chunk: Uint8Array): void {
    this.#chunk = chunk.length === 0 ? undefined : chunk;
  }

  take(): Uint8Array | undefined {
    const chunk = this.#chunk;
    this.#chunk = undefined;
    return chunk;
  }

  close(): boolean {
    this.done = this.#chunk === undefined;
    return this.done;
  }
}
