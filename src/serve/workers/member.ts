import cluster, { type Worker } from 'node:cluster';
import { revivedError } from '#content';
import { DrayError } from '#errors';
import type { MetricsSnapshot } from '../observe/metrics/snapshot.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** Milliseconds that figures are waited for. */
const PATIENCE = 2_000;
/** Milliseconds that a worker may take to end when its requests have. */
const GRACE = 5_000;

/** One of the processes that answer. */
export class Member {
  /** When it answers requests; rejects where it cannot. */
  readonly ready: Promise<void>;
  /** When the process has ended: by which signal, or with which status. */
  readonly gone: Promise<string>;
  /** As it told them last. */
  figures: MetricsSnapshot = [];
  readonly #worker: Worker;
  #listens = false;
  #hasAnswered = false;
  #cut = 0;
  #asked: { readonly id: number; resolve(): void } | undefined;

  constructor(start: ToWorker, hear: (message: FromWorker) => void) {
    const worker = cluster.fork();
    this.#worker = worker;
    this.gone = new Promise((resolve) => {
      worker.once('exit', (status, signal) => resolve(signal ?? `status ${status}`));
    });
    this.ready = new Promise((resolve, reject) => {
      worker.on('error', (cause) => reject(new DrayError('IO_FAILED', 'cannot start a worker', { cause })));
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'hello') {
          this.#listens = true;
          this.tell(start);
        } else if (message.kind === 'ready') {
          this.#hasAnswered = true;
          resolve();
        } else if (message.kind === 'failed') reject(revivedError(message.error));
        else if (message.kind === 'drained') this.#cut = message.cut;
        else if (message.kind === 'figures') this.#take(message);
        else hear(message);
      });
      void this.gone.then((by) => reject(new DrayError('IO_FAILED', `a worker ended at its start (${by})`)));
    });
    // whoever waits for it hears of it
    this.ready.catch(() => {});
    void this.gone.then(() => this.#asked?.resolve());
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** It was ready for requests. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  tell(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message, undefined, () => {});
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  /** Resolves when it has told its figures, or does not. */
  async askFigures(id: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#asked?.resolve();
      this.#asked = { id, resolve: done };
      if (this.#worker.isConnected()) this.tell({ kind: 'figures', id });
      else done();
    });
  }

  /** Has it end when its requests have, within `timeout` milliseconds; resolves to how many were cut. */
  async end(timeout: number): Promise<number> {
    // one that does not listen yet has nothing to bring to an end
    if (this.#listens) this.tell({ kind: 'drain', timeout });
    else this.kill();
    const timer = setTimeout(() => this.kill(), timeout + GRACE);
    await this.gone;
    clearTimeout(timer);
    return this.#cut;
  }

  #take({ id, snapshot }: Extract<FromWorker, { kind: 'figures' }>): void {
    this.figures = snapshot;
    if (this.#asked?.id === id) this.#asked.resolve();
  }
}
