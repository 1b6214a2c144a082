import type { Descriptor } from '#oci';
import type { BlobRole, BlobState, OnEvent } from '#progress';

/** Says what happens to one blob; progress at most every 100 ms. */
export interface BlobReport {
  /** @param from of a mounted blob: the repository that it came from */
  state(state: BlobState['state'], received: number, from?: string): void;
  progress(received: number, now: number): void;
  retry(attempt: number, delay: number, received: number, reason: string): void;
}

const EVERY = 100;

export function createBlobReport(target: Descriptor, role: BlobRole, onEvent: OnEvent | undefined): BlobReport {
  const { digest, size } = target;
  let last = Number.NEGATIVE_INFINITY;
  return {
    state: (state, received, from) =>
      onEvent?.({ kind: 'blob', digest, size, role, state, received, ...(from !== undefined && { from }) }),
    progress(received, now) {
      if (onEvent === undefined || (now - last < EVERY && received < size)) return;
      last = now;
      onEvent({ kind: 'blob-progress', digest, role, received, size });
    },
    retry: (attempt, delay, received, reason) =>
      onEvent?.({ kind: 'blob-retry', digest, role, attempt, delay, received, reason }),
  };
}
