/** A token bucket: what is received and sent over all connections together stays, on average, under a rate. */
export class Bandwidth {
  /** Bytes per second. */
  readonly rate: number;
  readonly #now: () => number;
  /** When all that was received so far would have arrived at the rate. */
  #paidUntil = 0;

  constructor(rate: number, now: () => number) {
    this.rate = rate;
    this.#now = now;
  }

  /** Bytes have passed. Milliseconds until this connection should go on; 0 at once. */
  spend(bytes: number): number {
    const now = this.#now();
    this.#paidUntil = Math.max(this.#paidUntil, now) + (bytes / this.rate) * 1000;
    return this.#paidUntil - now;
  }
}
