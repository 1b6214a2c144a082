import { cancelled, DrayError } from '#errors';
import type { Descriptor } from '#oci';
import type { Clock } from '#timing';

/** What comes on one connection counts as progress from so many bytes on: a byte now and then must not keep a transfer alive. */
export const LEAST_PROGRESS = 1024;
/** Milliseconds without progress until a transfer gives up: a command that gets nowhere ends within 100 s. */
export const PATIENCE = 95_000;

export interface WatchOptions {
  /** The caller's. */
  readonly signal?: AbortSignal | undefined;
  readonly clock: Clock;
  /** Milliseconds; 95,000 by default. */
  readonly patience?: number | undefined;
}

/** Ends a transfer that makes no progress, however many connections it tries. */
export interface Watch {
  /** Aborts with the caller's signal, or with STALLED when there was no progress for too long. */
  readonly signal: AbortSignal;
  /** There was progress. */
  alive(): void;
  /** Nothing is expected until `resume`: the time until then does not count. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/** One timer, looked at when it rings: no timer is touched per chunk. */
export function createWatch(target: Descriptor, options: WatchOptions): Watch {
  const { signal: outer, clock, patience = PATIENCE } = options;
  const controller = new AbortController();
  let last = clock.monotonic();
  let timer: NodeJS.Timeout | undefined;
  const onOuter = (): void => controller.abort(outer === undefined ? undefined : cancelled(outer));
  const look = (): void => {
    const idle = clock.monotonic() - last;
    if (idle < patience) return arm(patience - idle);
    controller.abort(
      new DrayError('STALLED', `nothing to speak of came of ${target.digest} for ${Math.round(idle / 1000)} s`, {
        hint: 'what has come is kept: run the same command again to go on',
      }),
    );
  };
  const arm = (delay: number): void => {
    timer = setTimeout(look, delay);
  };
  let paused: number | undefined;
  if (outer?.aborted === true) onOuter();
  outer?.addEventListener('abort', onOuter, { once: true });
  arm(patience);
  return {
    signal: controller.signal,
    alive() {
      last = clock.monotonic();
    },
    pause() {
      clearTimeout(timer);
      paused = clock.monotonic() - last;
    },
    resume() {
      if (paused === undefined) return;
      last = clock.monotonic() - paused;
      arm(Math.max(0, patience - paused));
      paused = undefined;
    },
    stop() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onOuter);
    },
  };
}
