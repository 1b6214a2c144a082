/** Resolves when `signal` aborts. A server that was told to end, and did, has done what it should: the status is 0. */
export function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
