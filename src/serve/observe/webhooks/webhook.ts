import type { Clock } from '#timing';
import type { ServerLog } from '../log/server-log.ts';
import type { Attempt, Delivery } from './delivery.ts';
import type { ToldEvent } from './envelope.ts';
import type { EventFile } from './event-file.ts';
import type { WebhookEndpoint } from './options.ts';

/** Counts since the start. */
export interface WebhookFigures {
  readonly endpoint: string;
  /** Events that came for it; those it ignores do not count. */
  readonly events: number;
  /** Events that it took. */
  readonly successes: number;
  /** Attempts that it answered with something else. */
  readonly failures: number;
  /** Attempts that it did not answer. */
  readonly errors: number;
  /** Events that it will never be told. */
  readonly dropped: number;
  /** Events that wait. */
  readonly pending: number;
  /** Answers, by status and phrase. */
  readonly statuses: Readonly<Record<string, number>>;
}

export interface WebhookParts {
  readonly delivery: Delivery;
  readonly file: EventFile | undefined;
  readonly pending: readonly ToldEvent[];
  readonly limit: number;
  readonly batch: number;
  readonly log: ServerLog;
  readonly clock: Clock;
}

const THRESHOLD = 10;
const BACKOFF = 1000;

/**
 * One endpoint and the events that wait for it. They are told in their order, each for as long as it takes: at once for the first attempts,
 * then with a pause before each.
 */
export class Webhook {
  readonly #endpoint: WebhookEndpoint;
  readonly #parts: WebhookParts;
  readonly #queue: ToldEvent[];
  readonly #statuses: Record<string, number> = {};
  readonly #stopped = new AbortController();
  #counts = { events: 0, successes: 0, failures: 0, errors: 0, dropped: 0 };
  #running: Promise<void> | undefined;
  #failed = 0;
  #isClosing = false;
  #isFull = false;

  constructor(endpoint: WebhookEndpoint, parts: WebhookParts) {
    this.#endpoint = endpoint;
    this.#parts = parts;
    this.#queue = [...parts.pending];
    if (this.#queue.length > 0) this.#start();
  }

  get wantsReferences(): boolean {
    return this.#endpoint.references === true;
  }

  wants(action: string, mediaType: string): boolean {
    const { mediaTypes = [], actions = [] } = this.#endpoint.ignore ?? {};
    return !mediaTypes.includes(mediaType) && !(actions as readonly string[]).includes(action);
  }

  add(event: ToldEvent): void {
    this.#counts.events += 1;
    if (this.#isClosing || this.#queue.length >= this.#parts.limit) {
      this.#counts.dropped += 1;
      if (!this.#isFull) this.#log('warn', 'events for a webhook are dropped: too many wait for it');
      this.#isFull = true;
      return;
    }
    this.#isFull = false;
    this.#queue.push(event);
    this.#parts.file?.add(event);
    this.#start();
  }

  figures(): WebhookFigures {
    const { name: endpoint } = this.#endpoint;
    return { endpoint, ...this.#counts, pending: this.#queue.length, statuses: { ...this.#statuses } };
  }

  /** Tells what waits, until an attempt fails or `signal` aborts. What is left stays in the file, or is lost and told of. */
  async close(signal?: AbortSignal): Promise<void> {
    this.#isClosing = true;
    const stop = (): void => this.#stopped.abort();
    // In a pause there is nothing to hope for.
    if (signal?.aborted === true || this.#failed > 0) stop();
    signal?.addEventListener('abort', stop, { once: true });
    await this.#running;
    signal?.removeEventListener('abort', stop);
    const { file } = this.#parts;
    await file?.close();
    if (file !== undefined || this.#queue.length === 0) return;
    this.#counts.dropped += this.#queue.length;
    this.#log('warn', 'events for a webhook are lost: it could not be told of them before the end');
  }

  #start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Never within the turn in which something is answered.
    await new Promise((resolve) => setImmediate(resolve));
    const { signal } = this.#stopped;
    while (this.#queue.length > 0 && !signal.aborted) {
      const isTold = await this.#tell(signal);
      if (!isTold && this.#isClosing) break;
    }
    // At once after the last look at the queue, so that nobody adds to it and believes that somebody still looks.
    this.#running = undefined;
  }

  async #tell(signal: AbortSignal): Promise<boolean> {
    const { delivery, file, batch, clock } = this.#parts;
    const { threshold = THRESHOLD, backoff = BACKOFF } = this.#endpoint;
    const events = this.#queue.slice(0, batch);
    const attempt = await delivery.tell(events, signal);
    this.#count(attempt, events.length);
    if (attempt.outcome === 'told') {
      this.#queue.splice(0, events.length);
      file?.told(events);
      return true;
    }
    if (this.#failed >= threshold && !this.#isClosing) await clock.sleep(backoff, signal).catch(() => {});
    return false;
  }

  #count({ outcome, status, reason }: Attempt, events: number): void {
    if (status !== undefined) this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (outcome === 'told') {
      this.#counts.successes += events;
      if (this.#failed > 0) this.#log('info', 'a webhook takes events again');
      this.#failed = 0;
      return;
    }
    this.#counts[outcome === 'refused' ? 'failures' : 'errors'] += 1;
    if (this.#failed === 0) this.#log('warn', 'a webhook fails, and is tried again until it works', reason);
    this.#failed += 1;
  }

  #log(level: 'info' | 'warn', message: string, reason?: string): void {
    const pending = this.#queue.length;
    this.#parts.log[level](message, { endpoint: this.#endpoint.name, reason, pending, dropped: this.#counts.dropped });
  }
}
