import { cancelled, throwIfCancelled } from '#errors';

/** Work that several callers wait for: done once, and given up only when the last of them has gone. */
export interface Flight<T> {
  /** Waits for the result; rejects with CANCELLED when this caller's `signal` aborts, which the others do not notice. */
  join(signal?: AbortSignal): Promise<T>;
  /** True when everyone went before the end: whoever comes now needs a new flight. */
  readonly abandoned: boolean;
}

/** Starts `work`; its signal aborts when nobody waits any more. */
export function startFlight<T>(work: (signal: AbortSignal) => Promise<T>): Flight<T> {
  const controller = new AbortController();
  let waiting = 0;
  let settled = false;
  const result = work(controller.signal).finally(() => {
    settled = true;
  });
  // A flight that everybody left fails without a reader.
  result.catch(() => {});
  const leave = (): void => {
    waiting--;
    if (waiting === 0 && !settled) controller.abort();
  };
  return {
    get abandoned() {
      return controller.signal.aborted;
    },
    async join(signal) {
      throwIfCancelled(signal);
      waiting++;
      try {
        return await (signal === undefined ? result : untilAborted(result, signal));
      } finally {
        leave();
      }
    },
  };
}

function untilAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelled(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
