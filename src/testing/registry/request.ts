import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { RequestContent } from './request-content.ts';

export type RequestKind =
  | 'ping'
  | 'manifest'
  | 'blob'
  | 'upload'
  | 'tags'
  | 'referrers'
  | 'catalog'
  | 'search'
  | 'token'
  | 'other';

/** A request as the registry understood it. */
export interface RegistryRequest {
  /** 1 for the first one. */
  readonly number: number;
  /** Which TCP connection it came on; 1 for the first one. */
  readonly connection: number;
  readonly method: string;
  readonly kind: RequestKind;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The name of the repository, or an empty string. */
  readonly repository: string;
  /** The tag or digest, or of an upload its id; or an empty string. */
  readonly reference: string;
  readonly headers: IncomingHttpHeaders;
  /** Of a POST: a form, or nothing. */
  readonly body: string;
  /** The body of a PUT or PATCH, as it comes: nobody has read it when a fault sees the request. */
  readonly content: RequestContent;
}

/** What became of a request. */
export interface RecordedRequest extends RegistryRequest {
  /** Undefined while nothing was answered. */
  readonly status: number | undefined;
  /** Bytes of the body that were written to the connection. */
  readonly sent: number;
}

const API = /^\/v2\/(?<repository>.+)\/(?<what>manifests|blobs\/uploads|blobs|tags|referrers)\/(?<reference>[^/]*)$/;
const KINDS: Readonly<Record<string, RequestKind>> = {
  manifests: 'manifest',
  blobs: 'blob',
  'blobs/uploads': 'upload',
  tags: 'tags',
  referrers: 'referrers',
};
/** A request body of ours is a form with a token or a password. */
const MOST_BODY = 64 << 10;

/** Understands a request; `prefix` is what stands before `/v2/`. */
export async function readRequest(
  message: IncomingMessage,
  facts: { readonly number: number; readonly connection: number; readonly prefix: string },
): Promise<RegistryRequest> {
  const { number, connection, prefix } = facts;
  const url = new URL(message.url ?? '/', 'http://registry.invalid');
  let body = '';
  const content = new RequestContent(message);
  if (!content.streams) {
    for await (const chunk of message) {
      body += String(chunk);
      if (body.length > MOST_BODY) break;
    }
  }
  return {
    number,
    connection,
    method: message.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    body,
    content,
    ...classify(url.pathname, prefix),
  };
}

function classify(path: string, prefix: string): Pick<RegistryRequest, 'kind' | 'repository' | 'reference'> {
  if (path === '/token') return { kind: 'token', repository: '', reference: '' };
  const own = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  if (own === '/v2/' || own === '/v2') return { kind: 'ping', repository: '', reference: '' };
  if (own === '/v2/_catalog') return { kind: 'catalog', repository: '', reference: '' };
  if (own === '/v1/search') return { kind: 'search', repository: '', reference: '' };
  const { repository = '', what = '', reference = '' } = API.exec(own)?.groups ?? {};
  const kind = KINDS[what];
  if (kind === undefined || (reference === '' && kind !== 'upload'))
    return { kind: 'other', repository: '', reference: '' };
  return { kind, repository, reference: decodeURIComponent(reference) };
}
