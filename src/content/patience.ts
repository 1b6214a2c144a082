import { hasCode, messageOf } from '#errors';
import { backoff } from '#timing';
import type { BlobReport } from './blob-report.ts';

/** However little comes each time, a transfer that keeps breaking ends after this many failures, and one more for each 256 KiB. */
const FAILURES_ALLOWED = 50;
const BYTES_PER_FAILURE = 256 * 1024;

export interface PatienceOptions {
  readonly report: BlobReport;
  /** Failures in a row, without progress between, that are borne. */
  readonly retries: number;
}

/** Counts what goes wrong on the way of one blob, and knows when it is too much. */
export class Patience {
  readonly #most: number;
  readonly #options: PatienceOptions;
  #inARow = 0;
  #failures = 0;

  /** @param size of the whole blob, in bytes */
  constructor(size: number, options: PatienceOptions) {
    this.#most = FAILURES_ALLOWED + size / BYTES_PER_FAILURE;
    this.#options = options;
  }

  /** There was progress: the failures so far are none in a row. */
  renew(): void {
    this.#inARow = 0;
  }

  /**
   * Milliseconds to wait until the same bytes are asked for again; the report is told of it. Throws `error` where it is not the
   * network's, or once too often.
   * @param worked the source has answered, now or before. Without that it has tried more than once by itself: no more patience for it
   * @param received bytes of the blob that are there
   */
  bear(error: unknown, { worked, received }: { readonly worked: boolean; readonly received: number }): number {
    const { report, retries } = this.#options;
    if (!worked || !hasCode(error, 'CONNECTION_LOST', 'STALLED', 'CONNECT_FAILED')) throw error;
    this.#inARow += 1;
    this.#failures += 1;
    if (this.#inARow > retries || this.#failures > this.#most) throw error;
    const delay = backoff(this.#inARow);
    report.retry(this.#failures, delay, received, messageOf(error));
    return delay;
  }
}
