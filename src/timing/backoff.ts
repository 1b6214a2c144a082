export interface BackoffOptions {
  /** Delay before the first retry, in milliseconds. */
  readonly first?: number;
  /** No delay is longer than this, in milliseconds. */
  readonly longest?: number;
  /** A number in [0, 1): the share of jitter, taken anew at each call. */
  readonly random?: () => number;
}

/** Milliseconds to wait before retry number `attempt` (1 is the first): doubling, capped, with up to a quarter of jitter taken off. */
export function backoff(attempt: number, options: BackoffOptions = {}): number {
  const { first = 250, longest = 10_000, random = Math.random } = options;
  const full = Math.min(longest, first * 2 ** (attempt - 1));
  return Math.round(full * (1 - random() / 4));
}
