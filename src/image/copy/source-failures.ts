import type { Source } from '#content';
import { isDrayError } from '#errors';

/**
 * Tells what failed at the source of a copy from what failed at its target: each of them may have other endpoints to turn to, which the
 * failure of the other one says nothing about.
 */
export class SourceFailures {
  readonly #failures = new WeakSet<object>();

  /** The source, with what fails there taken note of. */
  watch(source: Source): Source {
    return {
      has: (target, options) => this.#noting(source.has(target, options)),
      fetch: async (target, options) => {
        const fetched = await this.#noting(source.fetch(target, options));
        return {
          offset: fetched.offset,
          [Symbol.asyncIterator]: () => this.#reading(fetched),
          pour: (sink) => this.#noting(fetched.pour(sink)),
        };
      },
      ...(source.recipe !== undefined && { recipe: (options) => this.#noting(source.recipe?.(options)) }),
    };
  }

  /** True for what the source rejected with, also as the cause of another error, and for bytes that are not what they should be. */
  has(error: unknown): boolean {
    if (isDrayError(error) && error.facts.family === 'integrity') return true;
    for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth += 1) {
      if (this.#failures.has(cause)) return true;
    }
    return false;
  }

  async #noting<T>(work: Promise<T> | undefined): Promise<Awaited<T>> {
    try {
      return (await work) as Awaited<T>;
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  async *#reading(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const iterator = bytes[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#noting(iterator.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  #note(error: unknown): void {
    if (typeof error === 'object' && error !== null) this.#failures.add(error);
  }
}

/** What work came to: its result, or the error that is to be thrown further out. */
export type Attempted<T> = { readonly done: T } | { readonly failed: unknown };

/** Does work; what is not for its caller to answer, as `isOthers` says, comes as a value. */
export async function attempted<T>(
  work: () => Promise<T>,
  isOthers: (error: unknown) => boolean,
): Promise<Attempted<T>> {
  try {
    return { done: await work() };
  } catch (error) {
    if (isOthers(error)) return { failed: error };
    throw error;
  }
}

export function unwrapped<T>(outcome: Attempted<T>): T {
  if ('failed' in outcome) throw outcome.failed;
  return outcome.done;
}
