import type { CallOptions } from '#content';
import type { Clock } from '#timing';
import type { Credential } from '../types.ts';
import { type Flight, startFlight } from './flight.ts';
import { createHelper, type HelperOptions, helperChanges } from './helper.ts';

/** Milliseconds that an answer counts, a failure included: a slow helper is not asked for every layer. What it gives may run out some day. */
const KEPT = 300_000;

interface Kept {
  readonly flight: Flight<Credential | undefined>;
  readonly since: number;
  readonly changes: number;
}

/** What credential helpers have said, by helper and server; each is asked once, however many want to know. */
export class HelperCache {
  private readonly kept = new Map<string, Kept>();
  private readonly options: HelperOptions;
  private readonly clock: Clock;

  constructor(options: HelperOptions, clock: Clock) {
    this.options = options;
    this.clock = clock;
  }

  get(suffix: string, server: string, options: CallOptions): Promise<Credential | undefined> {
    const key = `${suffix} ${server}`;
    const now = this.clock.monotonic();
    let kept = this.kept.get(key);
    const stale = kept === undefined || now - kept.since > KEPT || kept.changes !== helperChanges();
    if (kept === undefined || stale || kept.flight.abandoned) {
      const helper = createHelper(suffix, this.options);
      const flight = startFlight((signal) => helper.get(server, { signal }));
      kept = { flight, since: now, changes: helperChanges() };
      this.kept.set(key, kept);
    }
    return kept.flight.join(options.signal);
  }
}
