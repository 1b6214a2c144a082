import { DrayError } from '#errors';
import { publicName } from './public-url.ts';
import type { HttpRequest } from './types.ts';

const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'user-agent',
  'expect',
  'upgrade',
]);

export interface HeadOptions {
  readonly userAgent: string;
  /** Bytes of the body; `chunked` where that is not known; undefined without a body. */
  readonly bodyLength: number | 'chunked' | undefined;
  /** Set where a proxy is asked to pass the request on (RFC 9112 section 3.2.2), with its own authorization. */
  readonly forward?: { readonly authorization: string | undefined } | undefined;
}

/**
 * Rejects a request that cannot be sent as it is: another scheme than http and https, header names that are no tokens or belong to the
 * transport, values with line breaks, NUL or characters beyond latin1. The values themselves are never shown, they may be secret.
 */
export function checkRequest(request: HttpRequest): void {
  const refuse = (why: string): never => {
    throw new DrayError('INVALID_OPTION', `cannot send ${publicName(request)}: ${why}`);
  };
  if (!/^https?:$/.test(request.url.protocol)) refuse('only http and https are spoken');
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/.test(name)) refuse('a header name has characters that are not allowed');
    if (OWN_HEADERS.has(name.toLowerCase())) refuse(`the header ${name} cannot be set`);
    if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value)) {
      refuse(`the value of the header ${name} has characters that are not allowed`);
    }
  }
}

/** The request up to its body, as latin1 text. The userinfo of the URL is never sent. */
export function formatHead(request: HttpRequest, options: HeadOptions): string {
  const { method, url, headers = {} } = request;
  const path = url.pathname + url.search;
  const lines = [
    `${method} ${options.forward === undefined ? path : `${url.protocol}//${url.host}${path}`} HTTP/1.1`,
    `Host: ${url.host}`,
    `User-Agent: ${options.userAgent}`,
  ];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (options.forward?.authorization !== undefined) lines.push(`Proxy-Authorization: ${options.forward.authorization}`);
  if (options.bodyLength === 'chunked') lines.push('Transfer-Encoding: chunked');
  else if (options.bodyLength !== undefined) lines.push(`Content-Length: ${options.bodyLength}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
