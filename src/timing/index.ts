/** Clock, sleep and back-off: whatever waits takes its time from here, so that a test can hold the clock. */
export { type BackoffOptions, backoff } from './backoff.ts';
export { type Clock, systemClock } from './clock.ts';
