import { cancelled, DrayError, throwIfCancelled } from '#errors';

/** At most `size` holders at a time, served in the order they came. */
export interface Limit {
  /** Waits for a place; call the function it gives exactly once to leave. Rejects with CANCELLED when `signal` aborts first. */
  acquire(signal?: AbortSignal): Promise<() => void>;
  /** A place if one is free and nobody waits for it. */
  tryAcquire(): (() => void) | undefined;
}

/** Throws INVALID_OPTION for a size that would let nobody in. */
export function createLimit(size: number): Limit {
  if (!(size >= 1)) throw new DrayError('INVALID_OPTION', `${size} at the same time is less than one`);
  const waiting: (() => void)[] = [];
  let taken = 0;
  const place = (): (() => void) => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = waiting.shift();
      if (next === undefined) taken -= 1;
      else next();
    };
  };
  return {
    acquire(signal) {
      throwIfCancelled(signal);
      if (taken < size) {
        taken += 1;
        return Promise.resolve(place());
      }
      return new Promise((resolve, reject) => {
        const enter = (): void => {
          signal?.removeEventListener('abort', onAbort);
          resolve(place());
        };
        const onAbort = (): void => {
          waiting.splice(waiting.indexOf(enter), 1);
          if (signal !== undefined) reject(cancelled(signal));
        };
        waiting.push(enter);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    tryAcquire() {
      if (taken >= size || waiting.length > 0) return undefined;
      taken += 1;
      return place();
    },
  };
}
