import { DrayError, isDrayError } from './dray-error.ts';

/** The error of an aborted `signal`: the signal's own reason where that is a DrayError, else CANCELLED with the reason as its cause. */
export function cancelled(signal: AbortSignal): DrayError {
  const reason: unknown = signal.reason;
  return isDrayError(reason) ? reason : new DrayError('CANCELLED', 'cancelled', { cause: reason });
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}

/** `work`, or its error; CANCELLED as soon as `signal` aborts, and then the work goes on unheard. */
export async function unlessCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(cancelled(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
