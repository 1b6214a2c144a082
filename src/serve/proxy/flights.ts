/** Work that many wait for and one does. */
export interface Flight<T> {
  readonly result: Promise<T>;
  /** When it began, by the clock that `Flights.join` was given. */
  readonly since: number;
}

/** One piece of work per key at a time. It goes on to its end, whoever has stopped waiting. */
export class Flights<T> {
  readonly #all = new Map<string, Flight<T>>();

  get(key: string): Flight<T> | undefined {
    return this.#all.get(key);
  }

  /** The work under way for `key`, or else `work`, begun now. */
  join(key: string, now: number, work: () => Promise<T>): Flight<T> {
    const known = this.#all.get(key);
    if (known !== undefined) return known;
    const result = work().finally(() => this.#all.delete(key));
    // Whoever waited may have left: that nobody hears of a failure is no failure.
    result.catch(() => undefined);
    const flight = { result, since: now };
    this.#all.set(key, flight);
    return flight;
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#all.size > 0) await Promise.allSettled([...this.#all.values()].map(({ result }) => result));
  }
}
