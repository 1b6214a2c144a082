import { readFileSync, statSync } from 'node:fs';
import { DrayError, isDrayError, messageOf } from '#errors';

export interface WatchedFileOptions<T> {
  readonly path: string;
  /** For messages: "the htpasswd file". */
  readonly what: string;
  /** Bytes. */
  readonly limit: number;
  /** Throws a DrayError, whose message names no secrets, for content that cannot be used. */
  readonly parse: (text: string) => T;
  readonly hint?: string | undefined;
  /** Told once for each state of the file that cannot be used; what was read before stays in use. */
  readonly onProblem?: ((error: DrayError) => void) | undefined;
}

/** Milliseconds between looks that nobody asked for. */
const LOOK_EVERY = 1000;
/** A file that was changed less than so many milliseconds ago may not be whole yet, and may change again without looking different. */
const UNSETTLED = 100;

/**
 * What a small file says, read again when it changes. Throws INVALID_CONFIGURATION or IO_FAILED where it cannot be used at the beginning;
 * later on what it said before stays.
 */
export class WatchedFile<T> {
  readonly #options: WatchedFileOptions<T>;
  #value: T;
  #state: string;
  #told: string | undefined;
  #looked: number;

  constructor(options: WatchedFileOptions<T>) {
    this.#options = options;
    this.#looked = performance.now();
    this.#state = '';
    const { settled, state } = this.#stat();
    this.#value = this.#read();
    if (settled) this.#state = state;
  }

  /** Looks at the file at most once a second. */
  get value(): T {
    if (performance.now() - this.#looked >= LOOK_EVERY) this.look();
    return this.#value;
  }

  /** Takes what the file says now. False: it has been changed so recently that it may not be whole; what it said before stays for now. */
  look(): boolean {
    this.#looked = performance.now();
    let state = 'gone';
    try {
      const found = this.#stat();
      state = found.state;
      if (state === this.#state) return true;
      if (!found.settled) return false;
      this.#value = this.#read();
      this.#state = state;
      this.#told = undefined;
    } catch (error) {
      this.#tell(state, error);
    }
    return true;
  }

  /** Takes what the file says now, and waits until it is whole. */
  async settle(): Promise<void> {
    // A timer that is set late in a long turn ends early: one wait may be too little.
    for (let left = 2; !this.look() && left > 0; left -= 1) {
      await new Promise((resolve) => setTimeout(resolve, UNSETTLED));
    }
  }

  #stat(): { readonly state: string; readonly settled: boolean } {
    try {
      const { mtimeMs, size, ino } = statSync(this.#options.path);
      const age = Date.now() - mtimeMs;
      return { state: `${mtimeMs} ${size} ${ino}`, settled: Math.abs(age) >= UNSETTLED };
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #read(): T {
    const { path, limit, what, parse } = this.#options;
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch (error) {
      throw this.#unreadable(error);
    }
    if (bytes.length > limit) {
      throw new DrayError('INVALID_CONFIGURATION', `${what} ${path} is larger than ${limit} bytes`);
    }
    return parse(bytes.toString('utf8'));
  }

  #unreadable(error: unknown): DrayError {
    const { path, what, hint } = this.#options;
    return new DrayError('IO_FAILED', `cannot read ${what} ${path}: ${messageOf(error)}`, {
      cause: error,
      ...(hint !== undefined && { hint }),
    });
  }

  #tell(state: string, error: unknown): void {
    if (this.#told === state) return;
    this.#told = state;
    // in the way of requests nothing is thrown, whatever it is
    const code = isDrayError(error) ? error.code : 'BUG';
    this.#options.onProblem?.(
      new DrayError(code, `${messageOf(error)}; what it said before stays in use`, { cause: error }),
    );
  }
}
