import type { CallOptions } from '#content';
import { systemClock } from '#timing';
import { encodeFilters, type Filters } from '../../api/filters.ts';
import type { EngineEvent } from '../../api/system.ts';
import type { EngineConnection } from '../connection.ts';
import { leavable } from '../streams/leavable.ts';
import { type Moment, timestamp } from './timestamp.ts';

export interface EventsOptions extends CallOptions {
  /** Those too that have been since then, as far as the engine remembers. */
  readonly since?: Moment | undefined;
  /** Ends then; without it there is no end. */
  readonly until?: Moment | undefined;
  /** `{ type: ['image'], event: ['pull'] }`. */
  readonly filters?: Filters | undefined;
}

/** What happens in the engine, as it happens. Leaving the loop closes the connection. */
export function events(connection: EngineConnection, options: EventsOptions): AsyncIterable<EngineEvent> {
  return leavable(options.signal, (signal) => {
    const now = systemClock.now();
    const query = {
      filters: encodeFilters(options.filters),
      since: timestamp(options.since, now),
      until: timestamp(options.until, now),
    };
    return connection.objects({ method: 'GET', path: '/events', query, timeout: false, signal });
  });
}
