import type { Bytes } from '#bytes';
import { DrayError } from '#errors';
import { cleanText } from '#transport';

/** Bytes of one object. */
const LIMIT = 16 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSE: ReadonlySet<number> = new Set([0x7d, 0x5d]);
/** White space of JSON, and what begins a record of a JSON sequence (RFC 7464). */
const BETWEEN: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0x1e]);

/**
 * The JSON objects in a stream, each as soon as its last byte is here: on lines of their own or one after the other, cut into chunks
 * anywhere. Rejects with BAD_RESPONSE for anything else, for one that ends in the middle and one over 16 MiB, when those before it were given.
 * @param what for the message: "the answer to GET /events"
 */
export async function* jsonObjects<T extends object>(
  bytes: Bytes,
  what: string,
  limit: number = LIMIT,
): AsyncGenerator<T, void, undefined> {
  const scanner = new Scanner(what, limit);
  for await (const chunk of bytes) {
    for (const text of scanner.feed(chunk)) yield parsed(text, what) as T;
  }
  if (scanner.isInside) throw fault(what, 'it ends in the middle of an object');
}

/** Finds where objects end. What has a meaning in JSON is ASCII, so that characters cut in two do no harm. */
class Scanner {
  readonly #what: string;
  readonly #limit: number;
  /** The beginning of an object whose end has not come. */
  #kept: Buffer[] = [];
  #length = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(what: string, limit: number) {
    this.#what = what;
    this.#limit = limit;
  }

  get isInside(): boolean {
    return this.#depth > 0;
  }

  *feed(chunk: Uint8Array): Generator<string, void, undefined> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#depth === 0) {
        if (BETWEEN.has(byte)) continue;
        if (byte !== 0x7b) throw fault(this.#what, `it has ${quotedStart(chunk.subarray(at))}`);
        start = at;
        this.#depth = 1;
      } else if (this.#ends(byte)) {
        this.#keep(chunk.subarray(start, at + 1));
        yield this.#take();
      }
    }
    // a copy, and not slice: of a Buffer that is a view
    if (this.#depth > 0) this.#keep(new Uint8Array(chunk.subarray(start)));
  }

  /** Takes a byte of an object; true for its last. */
  #ends(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
    } else if (byte === QUOTE) this.#inString = true;
    else if (OPEN.has(byte)) this.#depth++;
    else if (CLOSE.has(byte)) return --this.#depth === 0;
    return false;
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > this.#limit) throw fault(this.#what, `it has an object of more than ${this.#limit} bytes`);
    this.#kept.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  }

  #take(): string {
    const text = Buffer.concat(this.#kept).toString('utf8');
    this.#kept = [];
    this.#length = 0;
    return text;
  }
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw fault(what, `it has ${quotedStart(Buffer.from(text.slice(0, 200)))}`, cause);
  }
}

const quotedStart = (bytes: Uint8Array): string =>
  JSON.stringify(cleanText(Buffer.from(bytes.subarray(0, 200)).toString('utf8'), 60));

function fault(what: string, why: string, cause?: unknown): DrayError {
  return new DrayError('BAD_RESPONSE', `${what} is no stream of JSON objects: ${why}`, { cause });
}
