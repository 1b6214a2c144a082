import type { Bytes } from '#bytes';
import { DrayError, messageOf } from '#errors';

/** Takes bytes off a stream: exact small pieces as copies, long runs as they come. */
export class Cursor {
  readonly #what: string;
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #isOver = false;
  /** Bytes taken. */
  position = 0;

  /** @param what names the stream in errors */
  constructor(bytes: Bytes, what: string) {
    this.#what = what;
    this.#iterator = bytes[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, copied; fewer where the stream ends. */
  async take(length: number): Promise<Uint8Array> {
    const taken = new Uint8Array(length);
    let filled = 0;
    while (filled < length && (await this.#fill())) {
      const part = this.#cut(length - filled);
      taken.set(part, filled);
      filled += part.length;
    }
    return taken.subarray(0, filled);
  }

  /** The next bytes, at most `length`, good until the next call; undefined at the end of the stream. */
  async next(length: number): Promise<Uint8Array | undefined> {
    return (await this.#fill()) ? this.#cut(length) : undefined;
  }

  /** The error of what was found here; its detail says `isCutOff` where the stream has ended. */
  failure(found: string, code: 'CORRUPT_LAYER' | 'UNSUPPORTED' = 'CORRUPT_LAYER'): DrayError {
    const detail = { position: this.position, ...(this.#isOver && { isCutOff: true }) };
    return new DrayError(code, `cannot read ${this.#what}: ${found} (near byte ${this.position})`, { detail });
  }

  /** What `parse` makes of bytes taken from here; its error, after `lead`, is one of the stream. */
  parsed<T>(parse: () => T, lead = ''): T {
    try {
      return parse();
    } catch (error) {
      throw this.failure(`${lead}${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const next = await this.#iterator.next();
      if (next.done === true) {
        this.#isOver = true;
        return false;
      }
      this.#chunk = next.value;
    }
    return true;
  }

  #cut(length: number): Uint8Array {
    const part = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(part.length);
    this.position += part.length;
    return part;
  }
}
