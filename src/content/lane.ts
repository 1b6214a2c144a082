import type { ByteRange } from '#bytes';

/** One connection's part in bringing a blob: a piece at a time, whose end may come nearer while it runs. */
export class Lane {
  /** Where the request that is running began. */
  from = 0;
  position = 0;
  end = 0;
  /** Bytes that have come on the request that is running, and those of them that were missing. */
  came = 0;
  fresh = 0;
  /** It has an answer. */
  answered = false;
  retired = false;
  readonly #controller = new AbortController();

  /** Aborts when the lane is not wanted any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Bytes of its piece that have not come. */
  get left(): number {
    return this.end - this.position;
  }

  begin({ start, end }: ByteRange): void {
    this.position = start;
    this.end = end;
    this.came = 0;
    this.fresh = 0;
    this.answered = false;
  }

  /** Leaves all that has not come from `at` on (by default: all that has not come) to others. */
  yieldFrom(at: number = this.position): ByteRange {
    const { end } = this;
    this.end = at;
    return { start: at, end };
  }

  /** Ends its request and lets it take no other. */
  retire(): void {
    this.retired = true;
    this.abort();
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }
}
