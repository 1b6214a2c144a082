import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { apiError } from '../../http/api-error.ts';
import type { PasswordAnswer, PasswordQuestion } from './password-thread.ts';

/** Set by the bundler. */
declare const DRAY_VERSION: string | undefined;

interface Waiting {
  resolve(matches: boolean): void;
  reject(error: unknown): void;
}

/**
 * Compares passwords with bcrypt hashes, one after the other, in a thread of its own: one takes 70 ms and more, in which this thread would answer
 * nobody. The thread starts with the first password and does not keep the process alive.
 */
export class PasswordChecks {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #last = 0;

  /** Passwords that wait for their turn, or have it. */
  get pending(): number {
    return this.#waiting.size;
  }

  async compare(password: string, hash: string): Promise<boolean> {
    const script = threadScript();
    if (script === undefined) return (await import('bcryptjs')).default.compare(password, hash);
    this.#worker ??= this.#start(script);
    this.#last += 1;
    const question: PasswordQuestion = { id: this.#last, password, hash };
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.id, { resolve, reject });
      worker.ref();
      worker.postMessage(question);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(script: URL): Worker {
    const worker = new Worker(script, { argv: [], stdin: false });
    worker.on('message', ({ id, matches }: PasswordAnswer) => {
      this.#waiting.get(id)?.resolve(matches);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
    });
    worker.on('error', () => this.#end(worker));
    worker.on('exit', () => this.#end(worker));
    return worker;
  }

  /** The next password starts another thread. */
  #end(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) {
      reject(apiError(503, 'UNAVAILABLE', 'the password could not be checked'));
    }
    this.#waiting.clear();
  }
}

/** The bundled command has it beside it; where that was left behind, passwords are compared here, in turns of 100 ms. */
function threadScript(): URL | undefined {
  if (typeof DRAY_VERSION === 'string') {
    const script = new URL('./dray-passwords.mjs', import.meta.url);
    return existsSync(script) ? script : undefined;
  }
  return new URL(`./password-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}
