import type { Framing } from './body-framing.ts';
import { cleanText } from './clean-text.ts';
import { Malformed } from './malformed.ts';
import { latin1, parseField } from './parse-head.ts';

const LONGEST_LINE = 4096;
const MOST_TRAILERS = 64;
/** Bytes of framing beyond what chunks of a useful size need: a server must not keep us busy with extensions. */
const MOST_OVERHEAD = 65_536;
const FREE_OVERHEAD = 16;
const LF = 10;

/** RFC 9112 section 7.1. Extensions and trailers are read over, within bounds. */
export class ChunkedFraming implements Framing {
  readonly length = undefined;
  #next: 'size' | 'data' | 'data-end' | 'trailer' | 'nothing' = 'size';
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Bytes of content left in the chunk (in HTTP's sense) that is being read. */
  #left = 0;
  #line = '';
  #overhead = 0;
  #trailers = 0;

  get done(): boolean {
    return this.#next === 'nothing';
  }

  get unused(): number {
    return this.#chunk.length - this.#at;
  }

  feed(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  take(): Uint8Array | undefined {
    while (this.#next !== 'nothing' && this.#at < this.#chunk.length) {
      if (this.#next === 'data') return this.#takeData();
      const line = this.#takeLine();
      if (line !== undefined) this.#step(line);
    }
    return undefined;
  }

  close(): boolean {
    return this.done;
  }

  #takeData(): Uint8Array {
    const piece = this.#chunk.subarray(this.#at, this.#at + this.#left);
    this.#at += piece.length;
    this.#left -= piece.length;
    if (this.#left === 0) this.#next = 'data-end';
    return piece;
  }

  /** A whole line without its CRLF, over as many chunks as it takes. */
  #takeLine(): string | undefined {
    const end = this.#chunk.indexOf(LF, this.#at);
    const stop = end < 0 ? this.#chunk.length : end + 1;
    if (this.#line.length + stop - this.#at > LONGEST_LINE)
      throw new Malformed('a line between its chunks is too long');
    this.#line += latin1(this.#chunk.subarray(this.#at, stop));
    this.#at = stop;
    if (end < 0) return undefined;
    const line = this.#line;
    this.#line = '';
    if (!line.endsWith('\r\n')) throw new Malformed('a line between its chunks does not end with CRLF');
    return line.slice(0, -2);
  }

  #step(line: string): void {
    if (this.#next === 'size') this.#begin(line);
    else if (this.#next === 'data-end') {
      if (line !== '') throw new Malformed('a chunk of its body is longer than it says');
      this.#next = 'size';
    } else if (line === '') this.#next = 'nothing';
    else {
      this.#trailers++;
      if (this.#trailers > MOST_TRAILERS) throw new Malformed(`it has more than ${MOST_TRAILERS} trailers`);
      parseField(line);
      this.#spend(line.length);
    }
  }

  #begin(line: string): void {
    // 13 hexadecimal digits are 52 bits: still an exact number.
    const size = /^([0-9A-Fa-f]{1,13})[ \t]*(?:;[\t\u0020-\u007e\u0080-\u00ff]*)?$/.exec(line);
    if (size === null) throw new Malformed(`its body has the chunk size "${cleanText(line, 40)}"`);
    this.#left = Number.parseInt(size[1] ?? '', 16);
    this.#spend(line.length - FREE_OVERHEAD);
    this.#next = this.#left === 0 ? 'trailer' : 'data';
  }

  #spend(bytes: number): void {
    this.#overhead += Math.max(0, bytes);
    if (this.#overhead > MOST_OVERHEAD) throw new Malformed('its chunks are mostly extensions');
  }
}
