import type { Bandwidth } from './bandwidth.ts';
import type { Wire } from './wire.ts';

/** Lets bytes in while the reader wants them and the bandwidth limit allows it. */
export class ReadGate {
  readonly #wire: Wire;
  readonly #bandwidth: Bandwidth | undefined;
  #wanted = true;
  #held: NodeJS.Timeout | undefined;

  constructor(wire: Wire, bandwidth: Bandwidth | undefined) {
    this.#wire = wire;
    this.#bandwidth = bandwidth;
  }

  /** True while the limit keeps the wire waiting, not the other side. */
  get held(): boolean {
    return this.#held !== undefined;
  }

  /** `bytes` have come in, and the reader wants more or not. True when the wire may go on at once. */
  passed(bytes: number, wanted: boolean): boolean {
    this.#wanted = wanted;
    const wait = this.#bandwidth?.spend(bytes) ?? 0;
    if (wait >= 1) {
      clearTimeout(this.#held);
      this.#held = setTimeout(() => {
        this.#held = undefined;
        if (this.#wanted) this.#wire.resume();
      }, wait);
    }
    return wanted && this.#held === undefined;
  }

  /** The reader wants more. */
  resume(): void {
    this.#wanted = true;
    if (this.#held === undefined) this.#wire.resume();
  }

  /** The exchange is over. */
  close(): void {
    clearTimeout(this.#held);
    this.#held = undefined;
  }
}
