/** How many connections one blob should have: grows while each step pays, and steps back when it does not. */
export interface Growth {
  /**
   * Tells how many lanes to aim for.
   * @param received bytes of the blob that have come so far
   * @param remaining bytes still to come
   * @param lanes how many are running
   * @param now milliseconds, monotonic
   */
  aim(received: number, remaining: number, lanes: number, now: number): number;
  /** The server would not have more connections: keep to `lanes` from now on. */
  settle(lanes: number): void;
}

/** Below this there is nothing to gain from one more connection. */
const WORTH_A_LANE = 4 * 1024 * 1024;
/** A rate is known after this long. */
const WINDOW = 300;
/** A step must bring at least this factor, or it is taken back. */
const GAIN = 1.15;
/** A blob that will be here in this many milliseconds is left as it is. */
const SOON = 500;

/** Measures windows of 300 ms: 1, 2, 4, … lanes as long as the rate grows by 15 %, then back to the last number that paid. */
export function createGrowth(most: number): Growth {
  let from = 0;
  let since: number | undefined;
  let rateBefore = 0;
  let target = 1;
  let before = 1;
  let settled = false;
  return {
    aim(received, remaining, lanes, now) {
      if (since === undefined || lanes !== target) {
        // A window that began with another number of lanes says nothing.
        from = received;
        since = now;
        return target;
      }
      if (settled || now - since < WINDOW) return target;
      const rate = (received - from) / (now - since);
      from = received;
      since = now;
      if (target > before && rate < rateBefore * GAIN) {
        target = before;
        settled = true;
        return target;
      }
      const affordable = Math.min(most, Math.floor(remaining / WORTH_A_LANE));
      if (remaining / Math.max(rate, 1) < SOON || affordable <= target) return target;
      before = target;
      rateBefore = rate;
      target = Math.min(affordable, target * 2);
      return target;
    },
    settle(lanes) {
      settled = true;
      target = Math.max(1, lanes);
    },
  };
}
