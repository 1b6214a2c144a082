import { DrayError, isDrayError, messageOf } from '#errors';
import { isConnectionFailure } from './connection.ts';
import type { Endpoint } from './types.ts';

/** One endpoint that did not do. */
export interface Failure {
  readonly endpoint: Endpoint;
  readonly error: unknown;
}

/**
 * One error for all endpoints: that of the only one unchanged, else one with the code of the most telling (the registry's own answer
 * before a mirror's, what it said before how it could not be reached), naming every endpoint with its reason in the order tried.
 */
export function exhausted(name: string, failures: readonly Failure[]): unknown {
  const [only, ...others] = failures;
  if (only === undefined) {
    return new DrayError('ENDPOINTS_EXHAUSTED', `no endpoints found for ${name}`, {
      hint: 'check the mirrors in the configuration: none of them may be asked for a tag',
    });
  }
  if (others.length === 0) return only.error;
  const telling = mostTelling([only, ...others]);
  if (!isDrayError(telling.error)) return telling.error;
  const { code, message, hint, detail } = telling.error;
  const endpoints = failures.map(({ endpoint, error }) => ({
    endpoint: endpoint.url,
    mirror: endpoint.mirror,
    code: isDrayError(error) ? error.code : 'BUG',
    reason: messageOf(error),
  }));
  const tried = endpoints.map(({ endpoint, reason }) => `${endpoint} (${reason === message ? 'as said' : reason})`);
  return new DrayError(code, `${message}; asked in this order: ${tried.join(', ')}`, {
    ...(hint !== undefined && { hint }),
    detail: { ...detail, endpoints },
    cause: new AggregateError(
      failures.map(({ error }) => error),
      `all ${failures.length} endpoints for ${name} failed`,
    ),
  });
}

function mostTelling(failures: readonly [Failure, ...Failure[]]): Failure {
  const own = failures.filter(({ endpoint }) => !endpoint.mirror);
  const candidates = own.length > 0 ? own : failures.slice(-1);
  return (
    candidates.find(({ error }) => isDrayError(error) && error.facts.family !== 'network') ??
    candidates.find(({ error }) => !isConnectionFailure(error)) ??
    candidates.at(-1) ??
    failures[0]
  );
}
