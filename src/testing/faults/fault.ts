import type { Reply } from '../registry/reply.ts';
import type { RegistryRequest, RequestKind } from '../registry/request.ts';
import type { Answer } from '../registry/routes.ts';

/** A middleware around the honest answer: it may change the request, the answer, or give one of its own. It counts for itself. */
export type Fault = (request: RegistryRequest, next: Answer) => Promise<Reply>;

/** Which requests a fault is for; what is left out matches all. */
export interface Match {
  readonly kind?: RequestKind | readonly RequestKind[] | undefined;
  readonly method?: string | undefined;
  readonly path?: string | RegExp | undefined;
  readonly repository?: string | undefined;
  /** The tag or digest. */
  readonly reference?: string | undefined;
  readonly when?: ((request: RegistryRequest) => boolean) | undefined;
  /** How many of the requests that match are left alone first. */
  readonly after?: number | undefined;
  /** How many are hit then; all by default. */
  readonly times?: number | undefined;
}

/** A fault that answers by itself, without asking further. */
export function answerWith(match: Match, answer: (request: RegistryRequest) => Reply): Fault {
  const hit = counter(match);
  return (request, next) => (matches(match, request) && hit() ? Promise.resolve(answer(request)) : next(request));
}

/** A fault that changes what the others are asked. */
export function changeRequest(match: Match, change: (request: RegistryRequest) => RegistryRequest): Fault {
  const hit = counter(match);
  return (request, next) => next(matches(match, request) && hit() ? change(request) : request);
}

/**
 * A fault that changes an answer, or leaves it with undefined: such an answer does not count. Only answers with a success status are
 * looked at, so that a challenge before the real thing is no hit.
 */
export function changeReply(
  match: Match,
  change: (answer: Reply, request: RegistryRequest) => Reply | undefined,
): Fault {
  const hit = counter(match);
  return async (request, next) => {
    const answer = await next(request);
    if (!matches(match, request) || answer.status >= 300) return answer;
    const changed = change(answer, request);
    return changed !== undefined && hit() ? changed : answer;
  };
}

function matches(match: Match, request: RegistryRequest): boolean {
  const kinds = match.kind === undefined || typeof match.kind === 'string' ? [match.kind ?? request.kind] : match.kind;
  return (
    kinds.includes(request.kind) &&
    request.method === (match.method ?? request.method) &&
    pathMatches(match.path, request.path) &&
    request.repository === (match.repository ?? request.repository) &&
    request.reference === (match.reference ?? request.reference) &&
    (match.when?.(request) ?? true)
  );
}

function pathMatches(wanted: string | RegExp | undefined, path: string): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'string' ? path === wanted : wanted.test(path);
}

/** True for the hits that `after` and `times` leave. */
function counter(match: Match): () => boolean {
  let seen = 0;
  const { after = 0, times = Number.POSITIVE_INFINITY } = match;
  return () => {
    seen += 1;
    return seen > after && seen <= after + times;
  };
}
