import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { decodeFilters } from '#engine';
import { printable } from '#oci';
import { LONGEST_TIMER } from '#timing';
import type { EngineContext } from '../engine-context.ts';
import { EngineError } from '../http/engine-error.ts';
import type { EngineExchange } from '../http/exchange.ts';
import type { RouteHandler } from '../http/router.ts';
import { NANOS_OF_MS, type PublishedEvent } from './event-bus.ts';
import { isWantedEvent } from './event-filter.ts';
import { eventLine } from './event-line.ts';
import { eventTime } from './event-time.ts';

/**
 * Bytes that may wait for a client that does not read, besides those of what happened before it came. With more it is cut off: it can come back
 * and ask for what it has missed.
 */
const PATIENCE = 256 * 1024;
/** When half of that waits, who has many to tell waits too: as many milliseconds, and a client that has not read by then is cut off. */
const STALL = 5000;

/**
 * What happens in the engine, a JSON object a line, until `until` or as long as the client and the engine stay. Docker's answer begins before anything has
 * happened, with what happened before where `since` or `until` asks for that.
 */
export function events(context: EngineContext): RouteHandler {
  // Each client listens to it; some versions of Node take more than ten for a mistake.
  setMaxListeners(0, context.closing);
  return (exchange) => {
    const { query } = exchange;
    const since = eventTime(query.get('since'));
    const until = eventTime(query.get('until'));
    if (until !== undefined && until < (since ?? until)) {
      const [from = '', to = ''] = [query.get('since') ?? '', query.get('until') ?? ''].map((text) => printable(text));
      throw new EngineError(400, `\`since\` time (${from}) cannot be after \`until\` time (${to})`);
    }
    const filters = decodeFilters(query.get('filters'));
    const isWanted = (event: PublishedEvent): boolean => isWantedEvent(event, filters);
    exchange.begin('application/json');
    exchange.response.flushHeaders();
    const past = since === undefined && until === undefined ? [] : context.events.latest;
    for (const event of past) {
      if (isBetween(event, since, until) && isWanted(event)) exchange.response.write(eventLine(event));
    }
    if (until !== undefined && until <= BigInt(Date.now()) * NANOS_OF_MS) exchange.response.end();
    else follow(exchange, context, until, isWanted);
  };
}

function isBetween({ timeNano }: PublishedEvent, since: bigint | undefined, until: bigint | undefined): boolean {
  return (since === undefined || timeNano >= since) && (until === undefined || timeNano <= until);
}

/** Gives the client what happens, until one of the ends. */
function follow(
  { response, left }: EngineExchange,
  { events: bus, closing }: EngineContext,
  until: bigint | undefined,
  isWanted: (event: PublishedEvent) => boolean,
): void {
  const most = response.writableLength + PATIENCE;
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    // A slow client has the end later, and nothing may come behind it.
    leave();
    response.end();
  };
  const wait = (time: bigint): void => {
    const milliseconds = Number(time / NANOS_OF_MS) - Date.now();
    if (milliseconds <= 0) end();
    else timer = setTimeout(() => wait(time), Math.min(milliseconds, LONGEST_TIMER));
  };
  const stop = bus.listen({
    tell(event) {
      if (!isWanted(event)) return;
      response.write(eventLine(event));
      if (response.writableLength > most) response.destroy();
    },
    room: () => (response.writableLength > PATIENCE / 2 ? drained(response) : undefined),
  });
  const leave = (): void => {
    stop();
    clearTimeout(timer);
    closing.removeEventListener('abort', end);
  };
  response.once('close', leave);
  left.addEventListener('abort', leave);
  closing.addEventListener('abort', end);
  if (until !== undefined) wait(until);
  if (closing.aborted) end();
}

/** Resolves when the client has taken in all that waits for it, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), STALL);
    const done = (): void => {
      clearTimeout(timer);
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
    if (response.destroyed) done();
  });
}
