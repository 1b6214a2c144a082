import type { Clock } from '#timing';
import type { ServerLog } from '../log/server-log.ts';

/** Something that must hold for requests to be answered. */
export interface HealthCheck {
  readonly name: string;
  /** Resolves to what is wrong, in words that everyone may read, or to nothing. Rejections count as failures whose words stay here. */
  check(options: { readonly signal: AbortSignal }): Promise<string | undefined>;
  /** Milliseconds for which what was found holds; 5000 by default. Nothing is checked while nobody asks. */
  readonly interval?: number | undefined;
  /** Milliseconds until a check that gives no answer has failed; 3000 by default. */
  readonly timeout?: number | undefined;
  /** How often it fails one after the other before that counts; 1 by default. */
  readonly threshold?: number | undefined;
}

const INTERVAL = 5000;
const TIMEOUT = 3000;
const LATE = 'it gave no answer in time';

/** A check, and what it found last: however many ask, it runs once at a time. */
export class WatchedCheck {
  readonly name: string;
  readonly #check: HealthCheck;
  readonly #clock: Clock;
  readonly #log: ServerLog;
  #found: { readonly until: number; readonly fault: string | undefined } | undefined;
  #running: Promise<string | undefined> | undefined;
  /** The last one has not come back, perhaps long after its time: another one would hang beside it. */
  #isOut = false;
  #failures = 0;
  #told: string | undefined;

  constructor(check: HealthCheck, clock: Clock, log: ServerLog) {
    this.name = check.name;
    this.#check = check;
    this.#clock = clock;
    this.#log = log;
  }

  async fault(): Promise<string | undefined> {
    if (this.#found !== undefined && this.#clock.monotonic() < this.#found.until) return this.#found.fault;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #run(): Promise<string | undefined> {
    const { threshold = 1, interval = INTERVAL } = this.#check;
    const wrong = await this.#ask();
    this.#failures = wrong === undefined ? 0 : this.#failures + 1;
    const fault = this.#failures >= threshold ? wrong : undefined;
    this.#found = { until: this.#clock.monotonic() + interval, fault };
    this.#tell(fault);
    return fault;
  }

  async #ask(): Promise<string | undefined> {
    if (this.#isOut) return LATE;
    const { timeout = TIMEOUT } = this.#check;
    const over = new AbortController();
    const late = this.#clock.sleep(timeout, over.signal).then(
      () => LATE,
      () => undefined,
    );
    this.#isOut = true;
    const answered = this.#check
      .check({ signal: over.signal })
      .catch(() => 'it failed')
      .finally(() => (this.#isOut = false));
    const wrong = await Promise.race([answered, late]);
    over.abort();
    return wrong;
  }

  #tell(fault: string | undefined): void {
    if (fault === this.#told) return;
    if (fault === undefined) this.#log.info('a health check holds again', { check: this.name });
    else this.#log.warn('a health check fails', { check: this.name, fault });
    this.#told = fault;
  }
}
