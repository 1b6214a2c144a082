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
import { requestToken } from './token.ts';
import { TokenCache } from './token-cache.ts';

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
   * the request again, and once more with a new token, which no other request shows, where one has run out. A request that has the
   * header already keeps it.
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

/** What is asked for may change with what is shown: it is followed until a request has been sent so often. */
const MOST_SENDS = 3;
/** While others get through, even a token that nobody else shows may have run out: a request waits for a free connection, too. */
const MOST_RENEWALS = 20;

/** What a request that is refused carried. */
interface Shown {
  /** What it was made of. */
  readonly answer: Answer | undefined;
  readonly header: string | undefined;
  /** How often the request has been sent. */
  readonly sends: number;
  /** A new token for the same may do: others may have used this one up, or its time was over. */
  readonly mayHaveRunOut: boolean;
}

interface Wanted {
  /** What was shown and will not do again. */
  readonly refused?: string | undefined;
  /** Whether a token has to be one that no other request gets. */
  readonly alone?: boolean | undefined;
}

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
    return this.headerOf(answer, options);
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
    let answer = own === undefined ? this.answers.get(keyOf(scopes)) : undefined;
    let shown = answer === undefined ? own : await this.headerOf(answer, request);
    let last: string | undefined;
    let alone = false;
    for (let sends = 1; ; sends++) {
      const sent = shown === undefined ? request : withAuthorization(request, shown);
      secrets.note(sent.headers ?? {});
      const before = this.letThrough;
      const response = await next(sent);
      // A redirect may have led elsewhere, where another server says no to something else.
      const isElsewhere = response.url.origin !== this.asking.url.origin;
      if (isElsewhere || (response.status !== 401 && response.status !== 403)) {
        if (shown !== undefined) this.letThrough += 1;
        return response;
      }
      const refused: Refused = { registry: this.asking.name, request, response };
      const credential = own === undefined ? answer?.credential : givenHeader(own);
      const words = { clock: this.clock, credential: shown === undefined ? undefined : credential, secrets };
      if (response.status === 403) throw await denied(refused, words);
      if (own !== undefined) throw await unauthorized(refused, words);
      // Who has used up a token that requests share may be answered later than those who came too late with it.
      const mayHaveRunOut = !alone || (this.letThrough > before && shown !== last && sends < MOST_RENEWALS);
      const wanted = await this.answer(refused, { answer, header: shown, sends, mayHaveRunOut }, scopes);
      alone = sends > 1 && 'order' in wanted && isSameOrder(answer, wanted.order);
      last = shown;
      answer = wanted;
      shown = await this.headerOf(answer, request, { refused: last, alone });
    }
  }

  /** What the 401 asks for. Throws where there is nothing to show, or it has been shown already. */
  private async answer(refused: Refused, shown: Shown, scopes: readonly string[]): Promise<Answer> {
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
    const isSame = 'header' in answer ? answer.header === shown.header : isSameOrder(shown.answer, answer.order);
    const isWorthIt = isSame
      ? 'order' in answer && shown.mayHaveRunOut && !isInsufficient(challenges)
      : shown.sends < MOST_SENDS;
    if (!isWorthIt) throw await unauthorized(refused, words);
    await response.body.discard();
    this.answers.set(keyOf(scopes), answer);
    return answer;
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

  /** The value of `Authorization`. */
  private async headerOf(answer: Answer, options: CallOptions, { refused, alone }: Wanted = {}): Promise<string> {
    if ('header' in answer) return answer.header;
    const { transport, clientId = 'dray' } = this.options;
    const { signal, onEvent = this.options.onEvent } = options;
    const means = { transport, clientId, clock: this.clock, signal, onEvent };
    const { order } = answer;
    const { value } = await (alone === true
      ? requestToken(order, means)
      : this.tokens.get(order, means, refused?.slice('Bearer '.length)));
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
