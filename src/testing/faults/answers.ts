import { errorReply, type Reply, reply, withDelivery, withHeaders } from '../registry/reply.ts';
import type { RegistryRequest } from '../registry/request.ts';
import { answerWith, changeReply, changeRequest, type Fault, type Match } from './fault.ts';

export interface StatusOptions extends Match {
  /** Value of Retry-After: seconds or a date. */
  readonly retryAfter?: number | string | undefined;
  /** In place of the error document. */
  readonly body?: string | undefined;
  readonly headers?: Reply['headers'] | undefined;
}

const CODES: Readonly<Record<number, string>> = { 401: 'UNAUTHORIZED', 403: 'DENIED', 429: 'TOOMANYREQUESTS' };

/** Answers with an error status. */
export function status(code: number, options: StatusOptions = {}): Fault {
  const { retryAfter, body, headers = {} } = options;
  const more = { ...headers, ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }) };
  return answerWith(options, () =>
    body === undefined ? errorReply(code, CODES[code] ?? 'UNKNOWN', `status ${code}`, more) : reply(code, more, body),
  );
}

/** Answers with a redirect to `location`, or to what it makes of the request. */
export function redirect(
  location: string | ((request: RegistryRequest) => string),
  match: Match & { readonly status?: number } = {},
): Fault {
  return answerWith(match, (request) =>
    reply(match.status ?? 307, { location: typeof location === 'string' ? location : location(request) }),
  );
}

/** Redirects to the same path on another registry, e.g. one on another port, or without TLS. */
export function redirectTo(url: string, match: Match = {}): Fault {
  return redirect((request) => `${url}${request.path}`, match);
}

/** Redirects to itself, without end. */
export function redirectLoop(match: Match = {}): Fault {
  return redirect((request) => request.path, match);
}

/** HEAD is not supported. */
export function noHead(match: Match = {}): Fault {
  return answerWith({ ...match, method: 'HEAD' }, () =>
    errorReply(405, 'UNSUPPORTED', 'The operation is unsupported.'),
  );
}

/** Sends the whole with status 200 where a range was asked for, though Accept-Ranges promised it. */
export function ignoreRange(match: Match = {}): Fault {
  return changeRequest(
    { ...match, when: (request) => hasRange(request) && (match.when?.(request) ?? true) },
    (request) => {
      const { range: _range, ...headers } = request.headers;
      return { ...request, headers };
    },
  );
}

/** Answers to ranges get this Content-Range. */
export function contentRange(value: string, match: Match = {}): Fault {
  return changeReply(match, (answer) =>
    answer.status === 206 ? withHeaders(answer, { 'content-range': value }) : undefined,
  );
}

/** Sets a header, or with an array several of that name. */
export function header(name: string, value: string | readonly string[], match: Match = {}): Fault {
  return changeReply(match, (answer) => withHeaders(answer, { [name.toLowerCase()]: value }));
}

/** Announces a length that is not the body's. A client that was promised more sees the connection end. */
export function contentLength(length: (actual: number) => number | string, match: Match = {}): Fault {
  return changeReply(match, (answer) => withHeaders(answer, { 'content-length': String(length(answer.body.length)) }));
}

/** Does not announce a length: the body comes chunked, or ends with the connection. */
export function noContentLength(match: Match & { readonly framing?: 'chunked' | 'close' } = {}): Fault {
  return changeReply(match, (answer) => withDelivery(answer, { framing: match.framing ?? 'chunked' }));
}

/** Names another digest than the content's. */
export function contentDigest(digest: string, match: Match = {}): Fault {
  return header('docker-content-digest', digest, match);
}

function hasRange(request: RegistryRequest): boolean {
  return request.headers.range !== undefined;
}
