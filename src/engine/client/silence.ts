import { DrayError } from '#errors';

/** Watches how long nothing comes where something is to. */
export class Silence {
  readonly #limit: number | undefined;
  readonly #tell: (error: DrayError) => void;
  readonly #what: string;
  #timer: NodeJS.Timeout | undefined;

  /** @param limit milliseconds; undefined never tells */
  constructor(limit: number | undefined, what: string, tell: (error: DrayError) => void) {
    this.#limit = limit;
    this.#what = what;
    this.#tell = tell;
  }

  /** From now on something is to come; called again, the time begins anew. */
  start(): void {
    const limit = this.#limit;
    if (limit === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(this.#stalled(limit)), limit);
  }

  /** It came, or it is our turn. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #stalled(limit: number): DrayError {
    return new DrayError('STALLED', `${this.#what}: nothing came for ${limit / 1000} s`, {
      hint: 'the engine may be busy: give it longer with `timeout`',
    });
  }
}
