import { DrayError, isDrayError } from '#errors';
import { backoff, type Clock, systemClock } from '#timing';
import { publicName } from './public-url.ts';
import type { HttpRequest, HttpResponse, Middleware, Transport } from './types.ts';

/** 499 and 522 are what proxies and CDNs in front of registries say when their own upstream failed. */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 522]);
/** Longest wait that a server may ask for, in milliseconds. */
const LONGEST_RETRY_AFTER = 60_000;
/** A request that has not succeeded for so long, in milliseconds, has failed: a command that gets nowhere ends within 100 s. */
const PATIENCE = 90_000;

export interface RetryOptions {
  /** Further tries after the first one. */
  readonly retries: number;
  readonly clock?: Clock | undefined;
  /** A number in [0, 1), for the jitter. */
  readonly random?: (() => number) | undefined;
}

type Outcome = { readonly response: HttpResponse } | { readonly error: DrayError };

/**
 * Sends a request again after a failure that may pass: errors whose code is retryable and the statuses 408, 429, 499, 500, 502,
 * 503, 504 and 522, with a growing wait or the one that `Retry-After` asks for. Over 60 s of `Retry-After` it rejects at once with
 * TOO_MANY_REQUESTS (429) or SERVER_FAILED. After the last try, or 90 s, the last response is handed out, whatever its status, or
 * the last error thrown. A PATCH is never sent twice: only its owner knows how much of it has arrived. Neither is a request to a
 * host that does not exist, or that refuses connections and has never answered.
 */
export function retrying(options: RetryOptions): Middleware {
  const { retries, clock = systemClock, random = Math.random } = options;
  const answered = new Set<string>();
  return (next) => async (request) => {
    const began = clock.monotonic();
    for (let attempt = 1; ; attempt++) {
      const left = attempt === 1 ? undefined : PATIENCE - (clock.monotonic() - began);
      const outcome = await (left === undefined ? tryOnce(next, request) : tryFor(left, next, request));
      if ('response' in outcome) answered.add(request.url.host);
      if (!mayPass(outcome, request, answered)) return settle(outcome);
      const asked = 'response' in outcome ? await askedWait(outcome.response, request, clock) : 0;
      const delay = Math.max(backoff(attempt, { random }), asked);
      const late = clock.monotonic() - began + delay > PATIENCE;
      if (attempt > retries || late) return settle(outcome);
      if ('response' in outcome) await outcome.response.body.discard();
      request.onEvent?.({
        kind: 'request-retry',
        request: publicName(request),
        attempt,
        delay,
        reason: reasonOf(outcome),
      });
      await clock.sleep(delay, request.signal);
    }
  };
}

const reasonOf = (outcome: Outcome): string =>
  'error' in outcome ? outcome.error.message : `the server answered with status ${outcome.response.status}`;

async function tryOnce(next: Transport, request: HttpRequest): Promise<Outcome> {
  try {
    return { response: await next(request) };
  } catch (error) {
    if (!isDrayError(error)) throw error;
    return { error };
  }
}

/** A try that ends without an answer when `left` milliseconds have gone. */
async function tryFor(left: number, next: Transport, request: HttpRequest): Promise<Outcome> {
  const limit = new AbortController();
  const message = `${publicName(request)}: no complete answer came within ${PATIENCE / 1000} s, however often it was asked for`;
  const timer = setTimeout(() => limit.abort(new DrayError('STALLED', message)), left);
  const signal = request.signal === undefined ? limit.signal : AbortSignal.any([request.signal, limit.signal]);
  try {
    return await tryOnce(next, { ...request, signal });
  } finally {
    // Whoever reads the body has time of its own.
    clearTimeout(timer);
  }
}

function settle(outcome: Outcome): HttpResponse {
  if ('error' in outcome) throw outcome.error;
  return outcome.response;
}

function mayPass(outcome: Outcome, request: HttpRequest, answered: ReadonlySet<string>): boolean {
  if (request.method === 'PATCH') return false;
  if ('response' in outcome) return RETRIED_STATUSES.has(outcome.response.status);
  const { facts, detail } = outcome.error;
  if (detail['definite'] === true && !answered.has(request.url.host)) return false;
  return facts.family === 'network' && facts.retryable;
}

/**
 * Milliseconds that the server asks to wait; 0 where it says nothing that can be understood. Over 60 s it rejects with TOO_MANY_REQUESTS (429) or
 * SERVER_FAILED.
 */
export async function askedWait(response: HttpResponse, request: HttpRequest, clock: Clock): Promise<number> {
  const text = response.headers.get('retry-after')?.trim() ?? '';
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - clock.now();
  if (!(wait > 0)) return 0;
  if (wait <= LONGEST_RETRY_AFTER) return wait;
  await response.body.discard();
  const seconds = Math.ceil(wait / 1000);
  throw new DrayError(
    response.status === 429 ? 'TOO_MANY_REQUESTS' : 'SERVER_FAILED',
    `${publicName(request)}: the server answered with status ${response.status} and asks to wait ${seconds} s, more than the ${LONGEST_RETRY_AFTER / 1000} s that are waited for`,
    {
      hint: `try again in ${seconds} s${response.status === 429 ? ', or log in: limits are often wider for known users' : ''}`,
      detail: { status: response.status, retryAfter: seconds, host: request.url.host },
    },
  );
}
