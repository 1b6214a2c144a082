import { randomBytes } from 'node:crypto';
import { errorReply, jsonReply, type Reply } from './reply.ts';
import type { RegistryRequest } from './request.ts';

/** Decides who may read. One object may serve several registries: what one issues, the others take. */
export interface Auth {
  /** An answer that refuses, or undefined when the request may go on. `origin` is the registry's own URL. */
  refuse(request: RegistryRequest, origin: string): Reply | undefined;
  /** The answer of the token endpoint, /token. */
  token(request: RegistryRequest): Reply;
}

/** Passwords by user. */
export type Users = Readonly<Record<string, string>>;

/** Every request needs one of the users. */
export function basicAuth(users: Users): Auth {
  return {
    refuse: (request) => {
      if (userOf(request, users) !== undefined) return undefined;
      return errorReply(401, 'UNAUTHORIZED', 'authentication required', {
        'www-authenticate': 'Basic realm="test registry"',
      });
    },
    token: () => errorReply(404, 'NOT_FOUND', 'there is no token service'),
  };
}

export interface BearerOptions {
  readonly users?: Users | undefined;
  /** Gives tokens without credentials too; true when there are no users. */
  readonly anonymous?: boolean | undefined;
  /** Identity tokens that the POST form exchanges, with the user each stands for. */
  readonly identityTokens?: Users | undefined;
  /** What the challenge names; the registry's own /token by default. */
  readonly realm?: string | undefined;
  readonly service?: string | undefined;
  /** Seconds that the answer announces as `expires_in`; left out when undefined. */
  readonly expiresIn?: number | undefined;
  /** Milliseconds that a token is really good for. */
  readonly lifetime?: number | undefined;
  /** Requests that a token is good for: the way to let one run out in the middle of a pull. */
  readonly uses?: number | undefined;
  /** The name of the token in the answer to GET; both by default. */
  readonly field?: 'token' | 'access_token' | 'both' | undefined;
  /** False: POST is answered with 404, as older token services do. */
  readonly post?: boolean | undefined;
  /** What tokens allow at most, e.g. `['pull']`; everything that is asked for by default. */
  readonly actions?: readonly string[] | undefined;
}

interface IssuedToken {
  readonly scopes: readonly string[];
  readonly until: number;
  uses: number;
}

/** Tokens for scopes, as the distribution project's token and oauth2 documents say. */
export function bearerAuth(options: BearerOptions = {}): Auth {
  const issued = new Map<string, IssuedToken>();
  const {
    users = {},
    service = 'test-registry',
    lifetime = Number.POSITIVE_INFINITY,
    uses = Number.POSITIVE_INFINITY,
  } = options;
  const anonymous = options.anonymous ?? options.users === undefined;

  const issue = (scopes: readonly string[]): string => {
    const token = randomBytes(12).toString('hex');
    issued.set(token, { scopes, until: Date.now() + lifetime, uses });
    return token;
  };

  const refuse: Auth['refuse'] = (request, origin) => {
    const wanted = wantedScopes(request);
    const token = issued.get(
      /^Bearer (?<token>.+)$/i.exec(request.headers.authorization ?? '')?.groups?.['token'] ?? '',
    );
    const good = token !== undefined && token.uses > 0 && Date.now() < token.until;
    if (good && wanted.every((scope) => covers(token.scopes, scope, options.actions))) {
      token.uses -= 1;
      return undefined;
    }
    const realm = options.realm ?? `${origin}/token`;
    const error = good ? 'insufficient_scope' : 'invalid_token';
    const challenge = [
      `Bearer realm="${realm}"`,
      `service="${service}"`,
      ...(wanted.length === 0 ? [] : [`scope="${wanted.join(' ')}"`]),
      ...(request.headers.authorization === undefined ? [] : [`error="${error}"`]),
    ].join(',');
    return errorReply(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge });
  };

  const token: Auth['token'] = (request) => {
    if (request.method === 'POST') return options.post === false ? noSuchPage() : exchange(request, options, issue);
    const user = userOf(request, users);
    if (user === undefined && (request.headers.authorization !== undefined || !anonymous)) return wrongCredentials();
    const value = issue(request.query.getAll('scope').flatMap((scope) => scope.split(' ')));
    const { field = 'both', expiresIn } = options;
    return jsonReply(200, {
      ...(field === 'access_token' ? {} : { token: value }),
      ...(field === 'token' ? {} : { access_token: value }),
      ...(expiresIn === undefined ? {} : { expires_in: expiresIn }),
    });
  };

  return { refuse, token };
}

/** The oauth2 form: an identity token, or a user's password, for an access token. */
function exchange(
  request: RegistryRequest,
  options: BearerOptions,
  issue: (scopes: readonly string[]) => string,
): Reply {
  const form = new URLSearchParams(request.body);
  const grant = form.get('grant_type');
  const refresh = form.get('refresh_token') ?? '';
  const known =
    grant === 'refresh_token'
      ? (options.identityTokens ?? {})[refresh] !== undefined
      : grant === 'password' && (options.users ?? {})[form.get('username') ?? ''] === form.get('password');
  if (!known) return wrongCredentials();
  const { expiresIn } = options;
  return jsonReply(200, {
    access_token: issue((form.get('scope') ?? '').split(' ')),
    ...(expiresIn === undefined ? {} : { expires_in: expiresIn }),
    ...(grant === 'refresh_token' ? { refresh_token: refresh } : {}),
  });
}

function userOf(request: RegistryRequest, users: Users): string | undefined {
  const encoded = /^Basic (?<value>.+)$/i.exec(request.headers.authorization ?? '')?.groups?.['value'];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const user = text.slice(0, text.indexOf(':'));
  return users[user] === text.slice(text.indexOf(':') + 1) ? user : undefined;
}

/** What a request needs, as the distribution project asks for it. */
function wantedScopes({ kind, method, repository, query }: RegistryRequest): readonly string[] {
  if (kind === 'catalog') return ['registry:catalog:*'];
  if (repository === '') return [];
  const from = query.get('from');
  const isRead = (method === 'GET' || method === 'HEAD') && kind !== 'upload';
  const actions = isRead ? 'pull' : method === 'DELETE' && kind !== 'upload' ? 'delete' : 'pull,push';
  const own = `repository:${repository}:${actions}`;
  return kind === 'upload' && from !== null ? [own, `repository:${from}:pull`] : [own];
}

function covers(granted: readonly string[], wanted: string, allowed: readonly string[] | undefined): boolean {
  const { resource, actions } = parts(wanted);
  const given = granted.map(parts).filter((scope) => scope.resource === resource);
  return actions.every(
    (action) => given.some((scope) => scope.actions.includes(action)) && (allowed?.includes(action) ?? true),
  );
}

function parts(scope: string): { readonly resource: string; readonly actions: readonly string[] } {
  const colon = scope.lastIndexOf(':');
  return { resource: scope.slice(0, colon), actions: scope.slice(colon + 1).split(',') };
}

function wrongCredentials(): Reply {
  return errorReply(401, 'UNAUTHORIZED', 'incorrect username or password');
}

function noSuchPage(): Reply {
  return errorReply(404, 'NOT_FOUND', 'there is no such page');
}
