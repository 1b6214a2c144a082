/** Clock, sleep and back-off: whatever waits takes its time from here, so that a test can hold the clock. And how times are written. */
export { type BackoffOptions, backoff } from './backoff.ts';
export { type Clock, LONGEST_TIMER, systemClock } from './clock.ts';
export { parseGoDuration } from './go-duration.ts';
export { parsePastTime } from './past-time.ts';
