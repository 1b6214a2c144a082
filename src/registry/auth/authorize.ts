import type { CallOptions } from '#content';
import { hasCode } from '#errors';
import type { OnEvent } from '#progress';
import { type Clock, systemClock } from '#timing';
import { followRedirects, type HttpRequest, type HttpResponse, type Middleware, type Transport } from '#transport';
import { ShownSecrets } from '../shown-secrets.ts';
import type { Credential, Endpoint, Keychain } from '../types.ts';
import { type Answer, chooseAnswer, isSameOrder } from './answer.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { isEmpty } from './credential.ts';
import type { Asking } from './realm.ts';
import { denied, type Refused, unanswerable, unauthorized } from './refusals.ts';
import { repositoryOf } from './scopes.ts';
import { TokenCache } from './token-cache.ts';
import type { TokenOrder } from './token-order.ts';

export interface AuthorizerOptions {
  readonly endpoint: Endpoint;
  /** For requests to token services: with its retries, without this authorizer's middleware. Redirects are followed here. */
  readonly transport: Transport;
  readonly keychain: Keychain;
  readonly clock?: Clock | undefined;
  /** How dray calls itself to token services; `dray` by default. */
  readonly clientId?: string | undefined;
  readonly onEvent?: OnEvent | undefined;
}

/** Lets requests to one endpoint through: learns what it asks for, has its credentials and keeps its tokens. */
export interface Authorizer {
  /**
   * Puts `Authorization` on requests to this endpoint's own origin, and on no others, once a 401 has said what is wanted; then sends
   * the request again, and once more with a new token where one has run out. A request that has the header already keeps it.
   * Rejects with UNAUTHORIZED, DENIED (a 403), TOKEN_REFUSED, INSECURE_REFUSED, CREDENTIALS_UNAVAILABLE and the transport's errors;
   * never resolves with a 401 or 403 of this endpoint. Belongs outside of redirects and retries.
   * @param scopes what the requests need, e.g. `repository:library/alpine:pull`
   */
  middleware(scopes: readonly string[]): Middleware;
  /**
   * The value of `Authorization` that a request with these scopes would carry now, a token renewed if it is about to end; undefined where
   * none is needed, as far as is known.
   */
  authorization(scopes: readonly string[], options?: CallOptions): Promise<string | undefined>;
  /** A bearer token for these scopes; undefined where the registry wants none. Asks the registry first where that is not known. */
  token(scopes: readonly string[], options?: CallOptions): Promise<string | undefined>;
}

/** First as things stand, then with what the 401 asks for, then once more with a new token. */
const MOST_SENDS = 3;
/** Where the token that is refused was taken before, it has run out; many requests at once may each find that the new one has, too. */
const MOST_RENEWALS = 20;

export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  return new EndpointAuthorizer(options);
}

class EndpointAuthorizer implements Authorizer {
  private readonly options: AuthorizerOptions;
  private readonly clock: Clock;
  private readonly asking: Asking;
  private readonly tokens: TokenCache;
  private readonly secrets: ShownSecrets;
  /** By scopes: how the endpoint wanted the last such request. */
  private readonly answers = new Map<string, Answer>();
  /** What was last shown and not refused. */
  private taken: string | undefined;
  /** Requests that were let through with something shown. */
  private letThrough = 0;

  constructor(options: AuthorizerOptions) {
    const { endpoint, clock = systemClock } = options;
    const url = new URL(endpoint.url);
    this.options = options;
    this.clock = clock;
    // A mirror is asked in the name of the registry, but is somebody else.
    this.asking = { url, name: endpoint.mirror ? url.host : endpoint.domain };
    this.tokens = new TokenCache(clock);
    this.secrets = new ShownSecrets(Object.keys(endpoint.headers ?? {}));
  }

  middleware(scopes: readonly string[]): Middleware {
    return (next) => (request) =>
      request.url.origin === this.asking.url.origin ? this.send(request, next, scopes) : next(request);
  }

  async authorization(scopes: readonly string[], options: CallOptions = {}): Promise<string | undefined> {
    const answer = this.answers.get(keyOf(scopes));
    if (answer === undefined) return undefined;
    return 'order' in answer ? this.bearer(answer.order, options) : answer.header;
  }

  async token(scopes: readonly string[], options: CallOptions = {}): Promise<string | undefined> {
    if (!this.answers.has(keyOf(scopes))) {
      const { request, transport } = this.base(options);
      const response = await this.send(request, transport, scopes);
      await response.body.discard();
    }
    const authorization = await this.authorization(scopes, options);
    return /^Bearer (.*)$/.exec(authorization ?? '')?.[1];
  }

  /** What a registry is greeted with. */
  private base(options: CallOptions): { readonly request: HttpRequest; readonly transport: Transport } {
    const { url, overridePath, headers = {} } = this.options.endpoint;
    const root = new URL(`${url}${overridePath ? '/' : '/v2/'}`);
    const redirects = followRedirects({ secretHeaders: Object.keys(headers) });
    return {
      request: { ...options, method: 'GET', url: root, headers },
      transport: redirects(this.options.transport),
    };
  }

  private async send(request: HttpRequest, next: Transport, scopes: readonly string[]): Promise<HttpResponse> {
    const { secrets } = this;
    const own = request.headers?.['authorization'];
    let shown = own ?? (await this.authorization(scopes, request));
    let last: string | undefined;
    for (let sends = 1; ; sends++) {
      const sent = shown === undefined ? request : withAuthorization(request, shown);
      secrets.note(sent.headers ?? {});
      const before = this.letThrough;
      const response = await next(sent);
      // A redirect may have led elsewhere, where another server says no to something else.
      const isElsewhere = response.url.origin !== this.asking.url.origin;
      if (isElsewhere || (response.status !== 401 && response.status !== 403)) {
        this.taken = shown;
        if (shown !== undefined) this.letThrough += 1;
        return response;
      }
      const refused: Refused = { registry: this.asking.name, request, response };
      const credential = own === undefined ? this.answers.get(keyOf(scopes))?.credential : givenHeader(own);
      const words = { clock: this.clock, credential: shown === undefined ? undefined : credential, secrets };
      if (response.status === 403) throw await denied(refused, words);
      // It was good before, or others have got through meanwhile, perhaps with the last use of it.
      const wasGood = shown === this.taken || this.letThrough > before;
      const hasRunOut = shown !== undefined && wasGood && shown !== last;
      if (own !== undefined || sends >= (hasRunOut ? MOST_RENEWALS : MOST_SENDS))
        throw await unauthorized(refused, words);
      last = shown;
      shown = await this.answer(refused, shown, scopes);
    }
  }

  /** What the 401 asks for. Throws where there is nothing to show, or it has been shown already. */
  private async answer(refused: Refused, shown: string | undefined, scopes: readonly string[]): Promise<string> {
    const { request, response } = refused;
    const own = parseChallenges(response.headers.all('www-authenticate'));
    const challenges = own.length > 0 ? own : await this.challengesOfBase(request);
    const credential = await this.credential(scopes, request);
    const asking = { ...this.asking, remoteAddress: response.remoteAddress };
    const answer = chooseAnswer(challenges, { asking, credential, scopes });
    const words = { clock: this.clock, credential, secrets: this.secrets };
    if (answer === undefined) {
      const basic = challenges.some(({ scheme }) => scheme === 'basic');
      throw basic ? await unauthorized(refused, words) : await unanswerable(refused, challenges, words);
    }
    const isNews =
      'header' in answer
        ? answer.header !== shown
        : shown === undefined ||
          !isSameOrder(this.answers.get(keyOf(scopes)), answer.order) ||
          !isInsufficient(challenges);
    if (!isNews) throw await unauthorized(refused, words);
    await response.body.discard();
    this.answers.set(keyOf(scopes), answer);
    return 'order' in answer ? this.bearer(answer.order, request, shown) : answer.header;
  }

  /** Some registries say only at their base, where docker asks first, what they want everywhere. None where it cannot be found out. */
  private async challengesOfBase({ signal, onEvent }: CallOptions): Promise<readonly Challenge[]> {
    const { request, transport } = this.base({ signal, onEvent });
    try {
      const response = await transport(request);
      await response.body.discard();
      const isOwn = response.url.origin === this.asking.url.origin;
      return isOwn && response.status === 401 ? parseChallenges(response.headers.all('www-authenticate')) : [];
    } catch (error) {
      if (hasCode(error, 'CANCELLED')) throw error;
      return [];
    }
  }

  private async credential(scopes: readonly string[], options: CallOptions): Promise<Credential | undefined> {
    const { signal, onEvent = this.options.onEvent } = options;
    const credential = await this.options.keychain(this.asking.name, {
      signal,
      onEvent,
      repository: repositoryOf(scopes),
    });
    return credential === undefined || isEmpty(credential) ? undefined : credential;
  }

  private async bearer(order: TokenOrder, options: CallOptions, refused?: string): Promise<string> {
    const { transport, clientId = 'dray' } = this.options;
    const { signal, onEvent = this.options.onEvent } = options;
    const means = { transport, clientId, clock: this.clock, signal, onEvent };
    const { value } = await this.tokens.get(order, means, refused?.slice('Bearer '.length));
    return `Bearer ${value}`;
  }
}

const keyOf = (scopes: readonly string[]): string => [...scopes].sort().join(' ');

function withAuthorization(request: HttpRequest, authorization: string): HttpRequest {
  return { ...request, headers: { ...request.headers, authorization } };
}

/** For what must not be repeated from an error: a header that the caller has set himself. */
const givenHeader = (value: string): Credential => ({ registryToken: value.replace(/^\S+\s+/, '') });

/** The token was understood, and does not allow it: another one for the same scopes will not either. */
function isInsufficient(challenges: readonly Challenge[]): boolean {
  return challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope');
}
