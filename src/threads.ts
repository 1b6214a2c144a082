import { Worker } from 'node:worker_threads';
import type { Assignment, CallOptions, Carrier, CarryJob } from '#content';
import { revivedError } from '#content';
import { DrayError } from '#errors';
import type { EventOfThread, FromThread, ToThread } from './thread-messages.ts';

export interface ThreadsOptions {
  /** A module that calls `runWorker`. */
  readonly script: URL;
  /** Arguments for it. */
  readonly argv: readonly string[];
  /** Threads besides this one. */
  readonly count: number;
}

/** Threads for transfers, started when they are first needed. An idle thread does not keep the process alive. */
export interface Threads extends Carrier {
  close(): Promise<void>;
}

export function createThreads(options: ThreadsOptions): Threads {
  let threads: readonly Thread[] | undefined;
  let here = 0;
  return {
    assign(bytes): Assignment {
      threads ??= Array.from({ length: options.count }, () => new Thread(options));
      const [idlest] = threads.filter(({ dead }) => !dead).sort((a, b) => a.load - b.load);
      if (idlest === undefined || here <= idlest.load) {
        here += bytes;
        return {
          carry: undefined,
          done: () => {
            here -= bytes;
          },
        };
      }
      idlest.load += bytes;
      return {
        carry: (job, call) => idlest.carry(job, call),
        done: () => {
          idlest.load -= bytes;
        },
      };
    },
    async close() {
      await Promise.all((threads ?? []).map((thread) => thread.close()));
    },
  };
}

/** What the first thread receives from a fast server until another one has started. */
const HEAD_START = 12 * 1024 * 1024;

interface Job {
  readonly onEvent: CallOptions['onEvent'];
  /** What the listener threw: the job ends with that when the thread has let go of it. */
  thrown?: unknown;
  resolve(verified: unknown): void;
  reject(error: unknown): void;
}

class Thread {
  /** Bytes that it has been given and not brought yet, and what others bring while it starts. */
  load = HEAD_START;
  dead = false;
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  #last = 0;

  constructor({ script, argv }: ThreadsOptions) {
    this.#worker = new Worker(script, { argv: [...argv], stdin: false });
    this.#worker.unref();
    this.#worker.once('online', () => {
      this.load -= HEAD_START;
    });
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (error) => this.#die(error));
    this.#worker.on('exit', () => this.#die(undefined));
  }

  async carry(job: CarryJob, { signal, onEvent }: CallOptions): Promise<unknown> {
    // It may have ended since it was chosen: nobody would answer.
    if (this.dead) throw gone();
    this.#last += 1;
    const id = this.#last;
    const cancel = (): void => this.#tell({ kind: 'cancel', id });
    signal?.addEventListener('abort', cancel, { once: true });
    this.#worker.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#jobs.set(id, { onEvent, resolve, reject });
        this.#tell({ kind: 'carry', id, job });
        if (signal?.aborted === true) cancel();
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#jobs.delete(id);
      if (this.#jobs.size === 0) this.#worker.unref();
    }
  }

  async close(): Promise<void> {
    this.dead = true;
    await this.#worker.terminate();
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromThread): void {
    const job = this.#jobs.get(message.id);
    if (job === undefined) return;
    if (message.kind === 'event') this.#pass(message, job);
    else if ('thrown' in job) job.reject(job.thrown);
    else if (message.kind === 'done') job.resolve(message.verified);
    else job.reject(revivedError(message.error));
  }

  /** To the listener. What it throws ends its own job, as on any thread, and no other's. */
  #pass({ id, event }: EventOfThread, job: Job): void {
    if ('thrown' in job) return;
    try {
      job.onEvent?.(event);
    } catch (error) {
      job.thrown = error;
      this.#tell({ kind: 'cancel', id });
    }
  }

  /** What it received is in the files: the caller can go on. */
  #die(cause: unknown): void {
    this.dead = true;
    for (const job of this.#jobs.values()) job.reject('thrown' in job ? job.thrown : gone(cause));
  }
}

function gone(cause?: unknown): DrayError {
  return new DrayError('BUSY', 'a thread of dray ended before its work', { cause });
}
