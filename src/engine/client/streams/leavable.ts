import { closable } from './closable.ts';
import { linkedAbort } from './linked-abort.ts';

/**
 * What `begin` gives, begun when it is first read. The signal that it is given aborts with `outer`, and as soon as the reader leaves, also
 * while it waits: what the engine has nothing to say to is otherwise held until it says something.
 */
export function leavable<T>(
  outer: AbortSignal | undefined,
  begin: (signal: AbortSignal) => AsyncIterable<T>,
): AsyncIterableIterator<T> {
  let leave = (): void => {};
  async function* untilLeft(): AsyncGenerator<T, void, undefined> {
    const { signal, end } = linkedAbort(outer);
    leave = end;
    try {
      yield* begin(signal);
    } finally {
      end();
    }
  }
  return closable(untilLeft(), () => leave());
}
