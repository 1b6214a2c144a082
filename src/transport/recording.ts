import type { HttpMethod, Middleware } from './types.ts';

export interface RecordedRequest {
  readonly method: HttpMethod;
  /** The whole URL, query included: for tests, not for logs. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined until the head of the response is here, and after a failure. */
  readonly status: number | undefined;
}

/** A middleware for tests that keeps a list of the requests that pass through it, in the order in which they begin. */
export interface Recording {
  readonly middleware: Middleware;
  readonly requests: readonly RecordedRequest[];
}

export function recording(): Recording {
  const requests: RecordedRequest[] = [];
  const middleware: Middleware = (next) => async (request) => {
    const entry = { method: request.method, url: request.url.href, headers: { ...request.headers } };
    const at = requests.push({ ...entry, status: undefined }) - 1;
    const response = await next(request);
    requests[at] = { ...entry, status: response.status };
    return response;
  };
  return { middleware, requests };
}
