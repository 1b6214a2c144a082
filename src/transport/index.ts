/**
 * HTTP/1.1 on bare sockets: one function type, `Transport`. `createTransport` makes the one that owns sockets (direct or through a
 * proxy, TLS, keep-alive); redirects and retries are middlewares around it, put together with `compose`. The client is our own
 * because receiving decides the speed of a pull: bytes go from one reused buffer to the reader without a stream between them.
 */

export { cleanText } from './clean-text.ts';
export { compose } from './compose.ts';
export { isMetadataService, isPrivate } from './private-address.ts';
export { publicUrl } from './public-url.ts';
export { type RecordedRequest, type Recording, recording } from './recording.ts';
export { followRedirects, type RedirectOptions } from './redirect.ts';
export { askedWait, type RetryOptions, retrying } from './retry.ts';
export { createTransport } from './transport.ts';
export type {
  HttpBody,
  HttpClient,
  HttpHeaders,
  HttpMethod,
  HttpRequest,
  HttpResponse,
  Middleware,
  ProxySettings,
  TlsSettings,
  Transport,
  TransportOptions,
  TrustSettings,
} from './types.ts';
