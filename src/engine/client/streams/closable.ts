/**
 * A generator whose reader can leave while it waits: `return` calls `close`, which has to end the waiting. By itself a generator would be
 * left only after its next value.
 */
export function closable<T>(
  generator: AsyncGenerator<T, void, undefined>,
  close: () => void,
): AsyncIterableIterator<T> {
  return {
    next: () => generator.next(),
    return() {
      close();
      return generator.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
