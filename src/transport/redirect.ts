import { DrayError, type ErrorCode } from '#errors';
import { cleanText } from './clean-text.ts';
import type { FailureDetail } from './failures.ts';
import { originOf } from './origin.ts';
import { isMetadataService, isPrivate } from './private-address.ts';
import { publicName, publicUrl } from './public-url.ts';
import type { HttpRequest, HttpResponse, Middleware } from './types.ts';

const MOST_HOPS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const ALWAYS_SECRET: readonly string[] = ['authorization', 'cookie', 'proxy-authorization'];

export interface RedirectOptions {
  /** Headers besides authorization, cookie and proxy-authorization that no other origin may see. */
  readonly secretHeaders?: readonly string[] | undefined;
}

/**
 * Follows up to 10 redirects of a GET or HEAD; a request with another method follows 307 and 308 on its own origin only. Secret
 * headers stay with the origin (scheme, host, port) that the request was made for. Rejects with REDIRECT_REFUSED for a loop, too
 * many hops, https to http, and a public server that points into the private network; with BAD_RESPONSE for a Location that is no
 * http URL. The response's `url` is the one that answered.
 */
export function followRedirects(options: RedirectOptions = {}): Middleware {
  const secret = new Set([...ALWAYS_SECRET, ...(options.secretHeaders ?? []).map((name) => name.toLowerCase())]);
  return (next) => async (first) => {
    const seen = new Set([first.url.href]);
    let request = first;
    for (;;) {
      const response = await next(request);
      if (!REDIRECTS.has(response.status)) return response;
      await response.body.discard();
      const target = locationOf(request, response);
      checkHop(request, response, target);
      if (seen.has(target.href)) throw refusal(request, target, 'which is a loop');
      if (seen.size > MOST_HOPS) throw refusal(request, target, `after ${MOST_HOPS} redirects already`);
      seen.add(target.href);
      request = hopTo(target, request, secret);
    }
  };
}

function locationOf(request: HttpRequest, response: HttpResponse): URL {
  const [location, ...others] = response.headers.all('location');
  const found = (what: string): DrayError =>
    hopError(
      'BAD_RESPONSE',
      `${publicName(request)}: the server answered with status ${response.status} and ${what}`,
      request,
    );
  if (location === undefined || location === '') throw found('no Location');
  if (others.length > 0) throw found('more than one Location');
  // Heads are read as latin1; where a server sends UTF-8 the bytes are meant.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  const target = URL.canParse(text, request.url.href) ? new URL(text, request.url) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol) || target.hostname === '') {
    throw found(`a Location that is no http URL: ${cleanText(text.replace(/[?#].*$/s, ''), 100)}`);
  }
  target.username = '';
  target.password = '';
  target.hash = '';
  return target;
}

/** Throws where `target` must not be asked. */
function checkHop(request: HttpRequest, response: HttpResponse, target: URL): void {
  const { url } = request;
  if (url.protocol === 'https:' && target.protocol === 'http:') {
    throw refusal(
      request,
      target,
      'which would leave https',
      'the registry is set up wrongly: it must redirect to https',
    );
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    if (target.origin !== url.origin) throw refusal(request, target, 'but what is sent is for the first server only');
    if (response.status < 307)
      throw refusal(request, target, `with status ${response.status}, which would drop what is sent`);
  }
  if (target.hostname === url.hostname) return;
  if (isMetadataService(target.hostname)) throw refusal(request, target, 'where a metadata service may answer');
  // Through a proxy the address is not known; then only a name that says so itself counts as private.
  if (isPrivate(target.hostname) && !isPrivate(response.remoteAddress ?? url.hostname)) {
    throw refusal(request, target, 'a private address, from a public one');
  }
}

function hopTo(target: URL, request: HttpRequest, secret: ReadonlySet<string>): HttpRequest {
  const { headers = {}, url } = request;
  if (target.origin === url.origin) return { ...request, url: target };
  const open = Object.entries(headers).filter(([name]) => !secret.has(name.toLowerCase()));
  return { ...request, url: target, headers: Object.fromEntries(open) };
}

function refusal(request: HttpRequest, target: URL, why: string, hint?: string): DrayError {
  return hopError(
    'REDIRECT_REFUSED',
    `${publicName(request)}: redirected to ${publicUrl(target)}, ${why}`,
    request,
    hint,
  );
}

function hopError(code: ErrorCode, message: string, { url }: HttpRequest, hint?: string): DrayError {
  const { hostname, port, tls } = originOf(url);
  const detail: FailureDetail = { host: hostname, port, phase: 'head', tlsEstablished: tls };
  return new DrayError(code, message, { detail, ...(hint === undefined ? {} : { hint }) });
}
