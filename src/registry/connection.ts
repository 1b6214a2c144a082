import type { CallOptions } from '#content';
import { DrayError, hasCode } from '#errors';
import { type Clock, systemClock } from '#timing';
import {
  compose,
  createTransport,
  followRedirects,
  type HttpResponse,
  type Middleware,
  retrying,
  type Transport,
  type TransportOptions,
} from '#transport';
import { createAuthorizer } from './auth/authorize.ts';
import { withPort } from './hosts/insecure.ts';
import { memorySessions } from './push/upload-sessions.ts';
import { ShownSecrets } from './shown-secrets.ts';
import type { Endpoint, Keychain, RepositoryOptions, UploadSessions } from './types.ts';

/** The way to one endpoint: its sockets, its certificates, its credentials. */
export interface Connection {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly retries: number;
  /** Plain data, from which the same connection can be made elsewhere. */
  readonly transport: TransportOptions;
  /** Sends with credentials for `scopes` and retries, and follows redirects. */
  send(scopes: readonly string[]): Transport;
  /** With retries alone: no credentials, no headers, no redirects. */
  readonly direct: Transport;
  /** With retries and redirects, without credentials and the endpoint's headers: for other hosts. */
  readonly sendBare: Transport;
  authorization(scopes: readonly string[], options?: CallOptions): Promise<string | undefined>;
  /** A bearer token; undefined where the registry wants none, or another kind of proof. */
  token(scopes: readonly string[], options?: CallOptions): Promise<string | undefined>;
  readonly uploads: UploadSessions;
  /** The IP address that answered last. */
  address(): string | undefined;
  /** Text from a server without the secrets that it was shown. */
  redact(text: string): string;
  close(): void;
}

export interface ConnectionOptions
  extends Pick<RepositoryOptions, 'authorization' | 'clock' | 'keychain' | 'retries' | 'uploads'> {
  readonly endpoint: Endpoint;
  readonly transport?: TransportOptions | undefined;
  /** True as long as a failure to connect should come back at once: another endpoint waits. */
  readonly isHasty?: (() => boolean) | undefined;
  /** Called with everything that the endpoint's own host answers. */
  readonly onAnswer?: ((response: HttpResponse) => void) | undefined;
}

const RETRIES = 5;

export function connect(options: ConnectionOptions): Connection {
  const { endpoint, retries = RETRIES, clock = systemClock } = options;
  const origin = new URL(endpoint.url).origin;
  const client = createTransport(transportOptions(options));
  let address: string | undefined;
  const secrets = new ShownSecrets(Object.keys(endpoint.headers ?? {}));
  const watched: Transport = async (request) => {
    secrets.note(request.headers ?? {});
    const response = await client.send(request);
    if (response.url.origin === origin) {
      address = response.remoteAddress;
      options.onAnswer?.(response);
    }
    return response;
  };
  const patient = retrying({ retries, clock });
  const headers = endpoint.headers ?? {};
  const redirects = followRedirects({ secretHeaders: Object.keys(headers) });
  const hasty = hastily(options.isHasty);
  const own = compose(patient, hasty, redirects)(watched);
  const direct = compose(patient, hasty)(watched);
  const authorizer = authorizerOf(options, { direct, clock, origin });
  return {
    endpoint,
    clock,
    retries,
    transport: options.transport ?? {},
    send: (scopes) => compose(withHeaders(headers), authorizer.middleware(scopes))(own),
    direct,
    sendBare: compose(patient, followRedirects())(client.send),
    authorization: (scopes, callOptions) => authorizer.authorization(scopes, callOptions),
    token: (scopes, callOptions) => authorizer.token(scopes, callOptions),
    uploads: options.uploads ?? memorySessions(),
    address: () => address,
    redact: (text) => secrets.redact(text),
    close: () => client.close(),
  };
}

function transportOptions({ endpoint, transport = {} }: ConnectionOptions): TransportOptions {
  const { tls, connectTimeout = transport.connectTimeout } = endpoint;
  return {
    ...transport,
    ...(connectTimeout !== undefined && { connectTimeout }),
    ...(tls !== undefined && { tls: { ...transport.tls, [withPort(new URL(endpoint.url))]: tls } }),
  };
}

/** True for failures of the way to a server, which say nothing of what it holds. */
export function isConnectionFailure(error: unknown): error is DrayError {
  return hasCode(error, 'CONNECT_FAILED', 'TLS_FAILED', 'CONNECTION_LOST', 'STALLED');
}

/** Makes failures to connect definite, which is what `retrying` does not repeat, as long as it is better to know at once. */
function hastily(isHasty: () => boolean = () => false): Middleware {
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (error) {
      if (!isConnectionFailure(error) || !isHasty()) throw error;
      const { code, message, hint, detail, cause } = error;
      throw new DrayError(code, message, {
        ...(hint !== undefined && { hint }),
        detail: { ...detail, definite: true },
        cause,
      });
    }
  };
}

function withHeaders(headers: Readonly<Record<string, string>>): Middleware {
  return (next) => (request) => next({ ...request, headers: { ...request.headers, ...headers } });
}

interface Authorizing {
  middleware(scopes: readonly string[]): Middleware;
  authorization(scopes: readonly string[], options?: CallOptions): Promise<string | undefined>;
  token(scopes: readonly string[], options?: CallOptions): Promise<string | undefined>;
}

interface AuthorizerFacts {
  readonly direct: Transport;
  readonly clock: Clock;
  readonly origin: string;
}

const nobody: Keychain = () => Promise.resolve(undefined);

function authorizerOf(options: ConnectionOptions, { direct, clock, origin }: AuthorizerFacts): Authorizing {
  const { endpoint, keychain = nobody, authorization: given } = options;
  if (given === undefined) return createAuthorizer({ endpoint, transport: direct, keychain, clock });
  const current = async (): Promise<string | undefined> => (typeof given === 'string' ? given : given());
  const middleware: Middleware = (next) => async (request) => {
    const authorization = request.url.origin === origin ? await current() : undefined;
    return next(authorization === undefined ? request : { ...request, headers: { ...request.headers, authorization } });
  };
  const token = async (): Promise<string | undefined> => /^Bearer (.*)$/.exec((await current()) ?? '')?.[1];
  return { middleware: () => middleware, authorization: current, token };
}
