import { cancelled, DrayError } from '#errors';
import type { Descriptor } from '#oci';
import type { Clock } from '#timing';
import type { BlobReport } from './blob-report.ts';
import { Patience } from './patience.ts';
import type { CallOptions, Source } from './ports.ts';
import { createWatch, LEAST_PROGRESS, type Watch } from './watch.ts';

export interface ContinuedOptions extends CallOptions {
  readonly report: BlobReport;
  /** Failures in a row, without progress between, that are borne. */
  readonly retries: number;
  readonly clock: Clock;
  /** Milliseconds without progress (1 KiB on one connection) until it gives up; 95,000 by default. */
  readonly patience?: number | undefined;
  /** First byte wanted; 0 by default. */
  readonly offset?: number | undefined;
}

/**
 * The whole of `target`, or all from `offset` on, over as many requests as it takes: a connection that breaks is made anew where it
 * stopped.
 */
export async function* continued(
  source: Source,
  target: Descriptor,
  options: ContinuedOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const watch = createWatch(target, options);
  const reading = new Reading(source, target, { ...options, watch });
  try {
    while (!reading.done) yield* reading.request();
  } finally {
    watch.stop();
  }
}

class Reading {
  done = false;
  readonly #source: Source;
  readonly #target: Descriptor;
  readonly #options: ContinuedOptions & { readonly watch: Watch };
  readonly #patience: Patience;
  readonly #start: number;
  #position: number;
  #answered = false;

  constructor(source: Source, target: Descriptor, options: ContinuedOptions & { readonly watch: Watch }) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#patience = new Patience(target.size, options);
    this.#start = options.offset ?? 0;
    this.#position = this.#start;
  }

  /** What one request brings; afterwards it is done, or worth another try. */
  async *request(): AsyncGenerator<Uint8Array, void, undefined> {
    const { watch, report, clock } = this.#options;
    this.#answered = false;
    try {
      for await (const piece of this.#rest()) {
        // Who reads may take its time.
        watch.pause();
        yield piece;
        watch.resume();
        report.progress(this.#position, clock.monotonic());
      }
      this.done = true;
    } catch (error) {
      await this.#bear(error);
    }
  }

  /** The bytes that have not come before. */
  async *#rest(): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal } = this.#options.watch;
    const from = this.#position;
    const fetched = await this.#source.fetch(this.#target, { offset: from, signal });
    this.#answered = true;
    let at = fetched.offset;
    if (at > from) {
      await fetched.pour(() => false);
      throw new DrayError('BAD_RESPONSE', `asked for ${this.#target.digest} from byte ${from}, got it from ${at}`);
    }
    for await (const chunk of fetched) {
      const skip = Math.min(chunk.length, this.#position - at);
      at += chunk.length;
      if (at - fetched.offset >= LEAST_PROGRESS) this.#options.watch.alive();
      if (skip === chunk.length) continue;
      this.#position = at;
      if (at - from >= LEAST_PROGRESS) this.#patience.renew();
      yield chunk.subarray(skip);
    }
  }

  /** Waits before the next try, or throws `error` when there is none. */
  async #bear(error: unknown): Promise<void> {
    const { watch, clock } = this.#options;
    if (watch.signal.aborted) throw cancelled(watch.signal);
    const worked = this.#answered || this.#position > this.#start;
    const delay = this.#patience.bear(error, { worked, received: this.#position });
    await clock.sleep(delay, watch.signal);
  }
}
