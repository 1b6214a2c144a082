import { DrayError, isDrayError } from './dray-error.ts';

/** The error of an aborted `signal`: the signal's own reason where that is a DrayError, else CANCELLED with the reason as its cause. */
export function cancelled(signal: AbortSignal): DrayError {
  const reason: unknown = signal.reason;
  return isDrayError(reason) ? reason : new DrayError('CANCELLED', 'cancelled', { cause: reason });
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}
