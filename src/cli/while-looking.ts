import type { CallOptions } from '#content';
import { systemClock } from '#timing';
import type { Call } from './command.ts';
import { listening } from './listening.ts';
import { createTty } from './output/tty.ts';

/**
 * Lets `work` look into images: as `listening`, and with bars on a terminal while layers come. They are gone when it ends, before
 * its answer is printed.
 */
export async function whileLooking<T>(call: Call<object>, work: (options: CallOptions) => Promise<T>): Promise<T> {
  const { flags, context } = call;
  const { progress = 'auto' } = flags;
  const isTerminal = context.stderr.isTTY === true && context.env['TERM'] !== 'dumb';
  if (progress !== 'tty' && !(progress === 'auto' && isTerminal)) return work(listening(call));
  const tty = createTty(context.stderr);
  const above = listening(call, (line) => tty.print(context.stderr, line));
  const timer = setInterval(() => tty.tick(systemClock.monotonic()), 100).unref();
  try {
    return await work({
      signal: context.signal,
      onEvent: (event) => {
        tty.event(event, systemClock.monotonic());
        above.onEvent?.(event);
      },
    });
  } finally {
    clearInterval(timer);
    tty.end(true, systemClock.monotonic());
  }
}
