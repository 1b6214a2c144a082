/** Something that must move on. */
export interface Watched {
  /** Called now and then, after all bytes that have arrived were handed over; `now` is monotonic, in milliseconds. */
  check(now: number): void;
}

/**
 * One timer for all exchanges: a look now and then costs nothing, where a timer set anew for each chunk would cost more than receiving it.
 */
export class StallTimer {
  readonly #period: number;
  readonly #now: () => number;
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(stallTimeout: number, now: () => number) {
    this.#period = Math.min(1000, Math.max(5, stallTimeout / 8));
    this.#now = now;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    // Timers run before sockets are read: after a long pause of the whole process the bytes that wait must be counted first.
    this.#timer ??= setInterval(() => setImmediate(() => this.#look()), this.#period).unref();
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = this.#now();
    for (const watched of this.#watched) watched.check(now);
  }
}

/** Whoever brings fewer bytes than this within the time-out has stalled: one byte now and then is no progress. */
const LEAST_PROGRESS = 1024;

/** The time since bytes last came in earnest. */
export class ProgressWindow {
  #start: number;
  #bytes = 0;

  constructor(now: number) {
    this.#start = now;
  }

  /**
   * @param bytes all that have come so far
   * @param waiting false while it is us who let the other side wait
   * @returns true when fewer than 1 KiB have come within `timeout`
   */
  stalled(now: number, timeout: number, { bytes, waiting }: { bytes: number; waiting: boolean }): boolean {
    if (waiting && bytes - this.#bytes < LEAST_PROGRESS) return now - this.#start >= timeout;
    this.#start = now;
    this.#bytes = bytes;
    return false;
  }
}
