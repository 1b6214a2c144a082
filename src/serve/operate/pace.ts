import { throwIfCancelled } from '#errors';

/** Milliseconds of work in one go: requests wait no longer than that, and what one step takes. */
const SLICE = 2;

/** Lets others have their turn while there is long work made of short steps. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();
  #longest = 0;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Milliseconds of the longest piece of work between two rests. */
  get longest(): number {
    return this.#longest;
  }

  /** To be called between steps: where it is time, it gives what to wait for. Rejects with CANCELLED once the signal is aborted. */
  next(): Promise<void> | undefined {
    return performance.now() - this.#since < SLICE ? undefined : this.#rest();
  }

  async #rest(): Promise<void> {
    this.#longest = Math.max(this.#longest, performance.now() - this.#since);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    throwIfCancelled(this.#signal);
    this.#since = performance.now();
  }
}
