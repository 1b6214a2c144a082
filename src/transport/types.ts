import type { Bytes, PourableBytes } from '#bytes';
import type { OnEvent } from '#progress';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  readonly method: HttpMethod;
  readonly url: URL;
  /** Lower-case names. `host`, `content-length`, `connection` and `user-agent` are the transport's business. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A factory, so that authentication and retries can send it again. */
  readonly body?: (() => Uint8Array | Bytes) | undefined;
  /** Bytes that `body` gives; without it a Bytes body is sent chunked. */
  readonly bodyLength?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
}

/** Response headers: lower-case names, values of repeated ones joined by ", " (`all` gives them apart). */
export interface HttpHeaders {
  get(name: string): string | undefined;
  all(name: string): readonly string[];
  entries(): Iterable<readonly [string, string]>;
}

/** A body that must be read to its end, poured, or discarded: until then its connection is taken. */
export interface HttpBody extends PourableBytes {
  /** What the headers promise; undefined when chunked or until the connection closes. */
  readonly length: number | undefined;
  /** Gives the body up. A short rest is read away so that the connection can be used again; a long one closes it. */
  discard(): Promise<void>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** The URL that answered, after redirects. */
  readonly url: URL;
  /** IP address of the other side, undefined through a proxy. */
  readonly remoteAddress: string | undefined;
  /** It came before the whole body of the request was sent: the rest of that stays here. */
  readonly early?: boolean;
  readonly body: HttpBody;
}

/**
 * One HTTP exchange. Resolves when the head of the response is here, whatever its status. Rejects with CONNECT_FAILED, TLS_FAILED,
 * CONNECTION_LOST, STALLED, BAD_RESPONSE, CANCELLED; so does reading the body.
 */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

export type Middleware = (next: Transport) => Transport;

/** The sockets behind a `Transport`. */
export interface HttpClient {
  readonly send: Transport;
  /** Closes idle connections, so that the process can end; those in use are closed when their exchange ends. */
  close(): void;
}

/** TLS for one host. All certificates are PEM texts. */
export interface TlsSettings {
  /** Trusted besides the roots. */
  readonly ca?: readonly string[] | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Accept any certificate. */
  readonly insecure?: boolean | undefined;
}

/** Which roots to trust besides Node's own: looked at when the first TLS connection is made. */
export interface TrustSettings {
  /** Take the operating system's store. */
  readonly system: boolean;
  /** SSL_CERT_FILE: a bundle that takes the place of the system's. */
  readonly file?: string | undefined;
  /** SSL_CERT_DIR: folders with a PEM file per certificate, besides `file`. */
  readonly folders?: readonly string[] | undefined;
  /** NODE_EXTRA_CA_CERTS: Node itself reads it at its start, but forgets it as soon as other roots are added to its own. */
  readonly extraFile?: string | undefined;
}

/** Proxies as the environment names them: URLs with http, https, socks5 or socks5h; `no` as in NO_PROXY. */
export interface ProxySettings {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  readonly no?: string | undefined;
  /**
   * True: localhost and loopback addresses are asked through the proxy as well, as a user who names a proxy for this run expects.
   * False by default, since a proxy of the environment is never meant for them.
   */
  readonly loopback?: boolean | undefined;
}

/** Plain data, so that a worker thread can be given the same. */
export interface TransportOptions {
  /** By `host:port` (port always given). Hosts that are not listed get the roots and nothing else. */
  readonly tls?: Readonly<Record<string, TlsSettings>> | undefined;
  readonly trust?: TrustSettings | undefined;
  readonly proxy?: ProxySettings | undefined;
  /** Milliseconds without a byte (less than 1 KiB of a body) until STALLED; 30,000 by default. */
  readonly stallTimeout?: number | undefined;
  /** Milliseconds for name, TCP, proxy and TLS together; 30,000 by default. */
  readonly connectTimeout?: number | undefined;
  /** Bytes per second over all connections together; no limit by default. */
  readonly limitRate?: number | undefined;
  readonly userAgent?: string | undefined;
}
