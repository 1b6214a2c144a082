/**
 * HTTP/1.1 on bare sockets: one function type, `Transport`. `createTransport` makes the one that owns sockets (direct or through a
 * proxy, TLS, keep-alive); redirects and retries are middlewares around it, put together with `compose`. The client is our own
 * because receiving decides the speed of a pull: bytes go from one reused buffer to the reader without a stream between them.
 */

export { onAbort } from './abort.ts';
export { type Framing, framingOf } from './body-framing.ts';
export { cleanText } from './clean-text.ts';
export { compose } from './compose.ts';
export { dial } from './dial.ts';
export { Malformed } from './malformed.ts';
export { type Origin, originOf } from './origin.ts';
export { HeadReader, parseHead, type ResponseHead } from './parse-head.ts';
export { isMetadataService, isPrivate } from './private-address.ts';
export { type Proxy, proxyAuthorization, proxyChooser } from './proxy.ts';
export { publicUrl } from './public-url.ts';
export { type RecordedRequest, type Recording, recording } from './recording.ts';
export { followRedirects, type RedirectOptions } from './redirect.ts';
export { askedWait, type RetryOptions, retrying } from './retry.ts';
export { connectThroughSocks, ProxyRefusal } from './socks.ts';
export { tlsFailure } from './tls-failure.ts';
export { createTransport } from './transport.ts';
export { connectThroughHttp } from './tunnel.ts';
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
