/** Registries that ask for tokens and passwords in odd ways. */
import assert from 'node:assert/strict';
import {
  type Auth,
  answerWith,
  type BearerOptions,
  basicAuth,
  bearerAuth,
  buildImage,
  changeReply,
  endless,
  type Fault,
  helloImage,
  type RegistryRequest,
  type Reply,
  reply,
  status,
  type TestRegistry,
} from 'dray/testing';
import { type HostileCase, imageOf, playAll, pulled, type Scene, type Stage } from './stage.ts';

const hello = helloImage('amd64');
const many = buildImage({
  layers: Array.from({ length: 12 }, (_, at) => ({ files: [{ name: 'n', content: `${at}` }] })),
});
const TOKEN = 'a-token-that-nobody-may-see';

/** What a registry says and does that wants one token for everything. */
interface Asks {
  /** `{realm}` stands for the token service's address. */
  readonly challenge?: string | readonly string[];
  readonly answer?: (request: RegistryRequest) => Reply;
}

function json(value: unknown, code = 200): Reply {
  return reply(code, { 'content-type': 'application/json' }, JSON.stringify(value));
}

const USUAL = 'Bearer realm="{realm}",service="s",scope="repository:app:pull"';

function asking({ challenge = USUAL, answer = () => json({ token: TOKEN }) }: Asks): Auth {
  return {
    refuse: ({ headers }, origin) => {
      if (headers.authorization === `Bearer ${TOKEN}`) return undefined;
      const lines = [challenge].flat().map((line) => line.replaceAll('{realm}', `${origin}/token`));
      return reply(
        401,
        { 'www-authenticate': lines },
        '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
      );
    },
    token: answer,
  };
}

type Options = Omit<Scene, 'config'> & {
  readonly auth?: Auth;
  readonly faults?: readonly Fault[];
  readonly limit?: number;
  /** config.json, from the registry's address. */
  readonly login?: (stage: Stage, host: string) => unknown;
  readonly after?: (registry: TestRegistry) => void;
};

function wanting(
  name: string,
  expect: 'ok' | RegExp,
  { auth, faults = [], limit, login, after, ...scene }: Options,
): HostileCase {
  return {
    name,
    expect,
    limit,
    scene: async (stage) => {
      stage.secret(TOKEN);
      stage.secret('key-of-anna');
      const registry = await stage.registry({ images: { 'app:1': hello, 'many:1': many }, auth, faults });
      const pull = registry.reference('app:1');
      const config = login?.(stage, registry.host);
      return { pull, holds: imageOf(hello, pull), config, check: () => after?.(registry), ...scene };
    },
  };
}

function challenged(
  name: string,
  challenge: string | readonly string[],
  expect: 'ok' | RegExp = 'ok',
  more: Options = {},
): HostileCase {
  return wanting(name, expect, { auth: asking({ challenge }), ...more });
}

playAll('challenges', [
  challenged('as everybody does it', USUAL),
  challenged('in small letters', 'bearer realm="{realm}",service="s",scope="repository:app:pull"'),
  challenged('in capitals', 'BEARER REALM="{realm}",SERVICE="s"'),
  challenged('with spaces everywhere', 'Bearer   realm = "{realm}" ,  service = "s" , scope="repository:app:pull" '),
  challenged('without quotes', 'Bearer realm={realm},service=s,scope=repository:app:pull'),
  challenged(
    'in another order, with unknown parts',
    'Bearer error="invalid_token",scope="repository:app:pull",x=y,realm="{realm}"',
  ),
  challenged('without service and scope', 'Bearer realm="{realm}"'),
  challenged('an empty service and scope', 'Bearer realm="{realm}",service="",scope=""'),
  challenged('commas too many', ', Bearer realm="{realm}",,service="s",'),
  challenged('quotes and commas in quotes', 'Bearer service="a \\"b\\", c=d",realm="{realm}"'),
  challenged('a realm with a query', 'Bearer realm="{realm}?x=1&y=2",service="s"'),
  challenged(
    'more scopes than it needs',
    'Bearer realm="{realm}",scope="repository:app:pull,push repository:base:pull registry:catalog:*"',
  ),
  challenged(
    'a thousand scopes',
    `Bearer realm="{realm}",scope="${Array.from({ length: 250 }, (_, at) => `repository:r${at}:pull`).join(' ')}"`,
  ),
  challenged('Basic and Bearer in two lines', ['Basic realm="x"', USUAL]),
  challenged('Basic and Bearer in one line', `Basic realm="x", ${USUAL}`),
  challenged('other schemes before', [
    'Negotiate',
    'NTLM dGVzdA==',
    `Digest realm="d", nonce="n", qop="auth", ${USUAL}`,
  ]),
  challenged('a Bearer without a realm before', ['Bearer service="s"', USUAL]),
  challenged('none', [], /401.*without saying how/),
  challenged('an empty one', '', /401/),
  challenged('nothing but the word', 'Bearer', /names no token service/),
  challenged('a scheme that nobody knows', 'Hawk id="x"', /hawk/i),
  challenged('nonsense', '"=,;=\\"\\', /401/),
  challenged('quotes that do not end', 'Bearer realm="{realm}', /401/),
  challenged('no Basic without a user', 'Basic realm="x"', /wants credentials|login/),
  challenged('8 KB of commas', `Bearer ${','.repeat(8200)}realm="{realm}"`, /401/),
]);

const nowhere = /token service|token/;

playAll('realms', [
  challenged('none', 'Bearer service="s"', nowhere),
  challenged('an empty one', 'Bearer realm="",service="s"', /is no http URL/),
  challenged('a path', 'Bearer realm="/token"', /is no http URL/),
  challenged('a word', 'Bearer realm="registry"', /is no http URL/),
  challenged('a file', 'Bearer realm="file:///etc/passwd"', /is no http URL/),
  challenged('data', 'Bearer realm="data:application/json,{\\"token\\":\\"x\\"}"', /is no http URL/),
  challenged('ftp', 'Bearer realm="ftp://127.0.0.1/token"', /is no http URL/),
  challenged('nonsense', 'Bearer realm="http://[::1"', /is no http URL/),
  challenged('escape sequences', 'Bearer realm="ht\u009btp://x"', /is no http URL/),
  challenged('a user in it', 'Bearer realm="http://anna:pass@127.0.0.1/token"', /user or password/),
  challenged(
    "a cloud's metadata service",
    'Bearer realm="http://169.254.169.254/latest/meta-data/"',
    /without encryption|metadata/,
  ),
  challenged('the same over https', 'Bearer realm="https://169.254.169.254/token"', /metadata/),
  challenged('plain http on another host', 'Bearer realm="http://localhost:1/token"', /without encryption/),
  challenged('a port where nobody listens', 'Bearer realm="http://127.0.0.1:1/token"', /refused|connect/i),
  challenged(
    'TLS where there is none',
    'Bearer realm="https://127.0.0.1:{port}/token"'.replace('{port}', '1'),
    /refused|TLS|connect/i,
  ),
  elsewhere('a token service on another port', 'ok', () => json({ token: TOKEN })),
  elsewhere(
    'a token service on another port, with the password',
    'ok',
    () => json({ token: TOKEN }),
    (stage, host) => stage.login(host),
  ),
]);

/** The token service is another server on the registry's host. */
function elsewhere(name: string, expect: 'ok' | RegExp, answer: () => Reply, login?: Options['login']): HostileCase {
  return {
    name,
    expect,
    scene: async (stage) => {
      const service = await stage.server((_, response) => {
        const { status: code, body } = answer();
        response.writeHead(code, { 'content-type': 'application/json' }).end(body);
      });
      const auth = asking({ challenge: `Bearer realm="${service.url}/token",service="s"` });
      const registry = await stage.registry({ images: { 'app:1': hello }, auth });
      const pull = registry.reference('app:1');
      return {
        pull,
        holds: imageOf(hello, pull),
        config: login?.(stage, registry.host),
        check: () => assert.equal(service.requests.length, 1),
      };
    },
  };
}

function answered(
  name: string,
  value: unknown,
  expect: 'ok' | RegExp = /holds no token/,
  more: Options = {},
): HostileCase {
  const body = value instanceof Uint8Array || typeof value === 'string' ? value : JSON.stringify(value);
  return wanting(name, expect, {
    auth: asking({ answer: () => reply(200, { 'content-type': 'application/json' }, body) }),
    ...more,
  });
}

const refusing = (code: number, body = ''): Auth => asking({ answer: () => reply(code, {}, body) });

playAll('answers of token services', [
  answered('token', { token: TOKEN }, 'ok'),
  answered('access_token', { access_token: TOKEN }, 'ok'),
  answered('both', { access_token: TOKEN, token: TOKEN }, 'ok'),
  answered('an empty token and an access_token', { access_token: TOKEN, token: '' }, 'ok'),
  answered('null and a token', { access_token: null, token: TOKEN }, 'ok'),
  answered('unknown fields', { token: TOKEN, scope: 7, token_type: null, refresh_token: 'r', id_token: {} }, 'ok'),
  ...[0, -1, 1e300, 0.5, '60', 'soon', null, {}, Number.MAX_SAFE_INTEGER].map((expires) =>
    answered(`expires_in: ${JSON.stringify(expires)}`, { token: TOKEN, expires_in: expires }, 'ok'),
  ),
  ...['2001-01-01T00:00:00Z', '2999-01-01T00:00:00Z', 'yesterday', 7].map((issued) =>
    answered(`issued_at: ${JSON.stringify(issued)}`, { token: TOKEN, expires_in: 300, issued_at: issued }, 'ok'),
  ),
  answered('an empty object', {}),
  answered('an empty token', { token: '' }),
  answered('null for a token', { token: null }),
  answered('a number for a token', { token: 7 }, /no text but a number/),
  answered('a list for a token', { token: [TOKEN] }, /no text but a list/),
  answered('an object for a token', { token: { token: TOKEN } }, /no text/),
  answered('a token with a line end', { token: `${TOKEN}\r\nX-Injected: 1` }, /cannot be sent/),
  answered('a token with a space', { token: `${TOKEN} x` }, /cannot be sent/),
  answered('a token with a NUL', { token: `${TOKEN}\u0000` }, /cannot be sent/),
  answered('a token of other letters', { token: 'tökén' }, /cannot be sent/),
  answered('a token of 100 KB', { token: 'x'.repeat(100_000) }, /431|400|head|reset|closed|large/i),
  answered('a token of 10 MB', { token: 'x'.repeat(10 << 20) }, /131072 bytes/),
  answered('null', 'null', /not a JSON object/),
  answered('a list', '[]', /not a JSON object/),
  answered('a text', `"${TOKEN}"`, /not a JSON object/),
  answered('no byte', '', /not JSON/),
  answered('a page of HTML', '<html><title>Login</title></html>', /not JSON/),
  answered('half a document', `{"token":"${TOKEN}"`, /not JSON/),
  answered('the token alone', TOKEN, /not JSON/),
  answered('without end', '{"token":"x",', /131072 bytes/, { faults: [endless({ kind: 'token' })] }),
  answered('100 MB', Buffer.alloc(100 << 20, ' '), /131072 bytes/),
  wanting('204', /token|JSON/, { auth: refusing(204) }),
  wanting('400', /400/, { auth: refusing(400) }),
  wanting('401', /gives no token/, { auth: refusing(401) }),
  wanting('403', /no token|does not allow|denied/i, { auth: refusing(403) }),
  wanting('404', /404/, { auth: refusing(404, 'not here') }),
  wanting('429 that asks to wait an hour', /3600 s/, {
    faults: [status(429, { kind: 'token', retryAfter: 3600 })],
    auth: asking({}),
  }),
  wanting('500 again and again', /500/, { auth: refusing(500), limit: 30 }),
  wanting('500 once', 'ok', { auth: asking({}), faults: [status(500, { kind: 'token', times: 1 })] }),
  wanting('429 once', 'ok', { auth: asking({}), faults: [status(429, { kind: 'token', times: 1, retryAfter: 1 })] }),
  wanting('escape sequences in a refusal', /gives no token/, {
    auth: refusing(401, '{"details":"\\u001b[31mred\\u001b]0;title\\u0007\\u009b2J"}'),
  }),
  wanting('escape sequences, raw, in a refusal', /gives no token/, {
    auth: refusing(401, '\u001b[31mred\r\n\u001b]0;title\u0007'),
  }),
  wanting('a refusal without end', /gives no token/, { auth: refusing(401, 'no '), faults: [endlessAlways('token')] }),
]);

/** Without end whatever the status. */
function endlessAlways(kind: 'token' | 'manifest'): Fault {
  return async (request, next) => {
    const answer = await next(request);
    return request.kind === kind ? { ...answer, delivery: { framing: 'chunked', endless: true } } : answer;
  };
}

const anna = (stage: Stage, host: string): unknown => stage.login(host);
const ANNA = { anna: 'pass-w0rd-of-anna' };

function users(options: BearerOptions = {}): Auth {
  return bearerAuth({ users: { anna: 'pass-w0rd-of-anna' }, ...options });
}

const fewRequests = (most: number) => (registry: TestRegistry) =>
  assert.ok(registry.requests.length <= most, `${registry.requests.length} requests`);

playAll('tokens in use', [
  wanting('anonymous', 'ok', { auth: bearerAuth() }),
  wanting('a token that is good for two requests', 'ok', { auth: bearerAuth({ uses: 2 }) }),
  wanting('a token that is good for one request', 'ok', { auth: bearerAuth({ uses: 1 }) }),
  {
    name: 'tokens for one request each, and twelve layers',
    expect: 'ok',
    scene: (stage) => pulled(stage, many, { options: { auth: bearerAuth({ uses: 1 }) } }),
  },
  {
    name: 'tokens for one request each, and refusals that come before the answers of those that used them up',
    expect: 'ok',
    scene: (stage) => pulled(stage, many, { options: { auth: bearerAuth({ uses: 1 }), faults: [firstRefusals(4)] } }),
  },
  {
    name: 'tokens that end after a moment, and slow layers',
    expect: 'ok',
    scene: (stage) => {
      const slow = changeReply({ kind: 'blob' }, (answer) => ({ ...answer, delivery: { delay: 150 } }));
      return pulled(stage, many, { options: { auth: bearerAuth({ lifetime: 200, expiresIn: 1 }), faults: [slow] } });
    },
  },
  wanting('a token that is good for no request', /401|refuses|denied/, {
    auth: bearerAuth({ uses: 0 }),
    after: fewRequests(10),
  }),
  wanting('401 at every second request', 'ok', { auth: asking({}), faults: [secondRefused()] }),
  wanting('401 for blobs alone', 'ok', { auth: onlyFor('blob') }),
  wanting('a challenge at the base alone', 'ok', { auth: onlySaidAtBase(asking({})) }),
  wanting('a challenge of Basic at the base alone', 'ok', { auth: onlySaidAtBase(basicAuth(ANNA)), login: anna }),
  wanting('401 for manifests alone', 'ok', { auth: onlyFor('manifest') }),
  wanting('the token does not help', /refuses|denied/, {
    auth: { ...asking({}), token: () => json({ token: 'another-token' }) },
    after: fewRequests(10),
  }),
  wanting('insufficient_scope for ever', /denied|refuses/, { auth: insufficient(), after: fewRequests(10) }),
  wanting('another scope at every request', /denied|refuses/, { auth: everOther(), after: fewRequests(12) }),
  wanting('403 with the token', /denied|not allow/i, {
    auth: asking({}),
    faults: [status(403, { kind: 'manifest', when: ({ headers }) => headers.authorization !== undefined })],
  }),
]);

/** The first so many layers are asked for at once, and none of them is answered with content before all are let through. */
function firstRefusals(count: number): Fault {
  const [asked, letThrough] = [meeting(count), meeting(count)];
  return async (request, next) => {
    if (request.kind !== 'blob' || request.reference === many.config.digest) return next(request);
    await asked();
    const answer = await next(request);
    if (answer.status < 300) await letThrough();
    return answer;
  };
}

/** Resolves for all at once when so many wait; for those who come later at once. */
function meeting(count: number): () => Promise<void> {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let left = count;
  return () => {
    left -= 1;
    if (left === 0) open();
    return opened;
  };
}

function secondRefused(): Fault {
  let count = 0;
  return async (request, next) => {
    if (request.headers.authorization === undefined || request.kind === 'token') return next(request);
    count += 1;
    const { authorization: _authorization, ...headers } = request.headers;
    return next(count % 2 === 0 ? { ...request, headers } : request);
  };
}

function onlyFor(kind: RegistryRequest['kind']): Auth {
  const auth = asking({});
  return { ...auth, refuse: (request, origin) => (request.kind === kind ? auth.refuse(request, origin) : undefined) };
}

/** Says 401 everywhere, and at the base also what it wants. */
function onlySaidAtBase(auth: Auth): Auth {
  return {
    ...auth,
    refuse: (request, origin) => {
      const refused = auth.refuse(request, origin);
      return refused === undefined || request.kind === 'ping' ? refused : reply(401, {});
    },
  };
}

function insufficient(): Auth {
  return {
    refuse: (_, origin) =>
      reply(401, {
        'www-authenticate': `Bearer realm="${origin}/token",scope="repository:app:admin",error="insufficient_scope"`,
      }),
    token: () => json({ token: TOKEN }),
  };
}

function everOther(): Auth {
  let count = 0;
  return {
    refuse: (_, origin) => {
      count += 1;
      return reply(401, { 'www-authenticate': `Bearer realm="${origin}/token",scope="repository:app${count}:pull"` });
    },
    token: () => json({ token: `${TOKEN}-${count}` }),
  };
}

/** Answers with the headers that it was sent. */
function echo(code: number, kind: RegistryRequest['kind']): Fault {
  return answerWith({ kind, when: ({ headers }) => headers.authorization !== undefined }, ({ headers }) => {
    const message = `you sent ${headers.authorization} ${String(headers['x-api-key'])}`;
    return json({ errors: [{ code: 'UNKNOWN', message }], details: message }, code);
  });
}

const identity = (stage: Stage, host: string): unknown => stage.login(host, 'identity token');

const identities = { 'identity-token-of-anna': 'anna' };

playAll('credentials', [
  wanting('Basic', 'ok', { auth: basicAuth({ anna: 'pass-w0rd-of-anna' }), login: anna }),
  wanting('Bearer with a password', 'ok', { auth: users(), login: anna }),
  wanting('a password that is wrong', /refuses the credentials/, {
    auth: basicAuth({ anna: 'another' }),
    login: anna,
    after: fewRequests(4),
  }),
  wanting('a password that the token service refuses', /refuses the credentials/, {
    auth: bearerAuth({ users: { anna: 'x' } }),
    login: anna,
  }),
  wanting('a user of another host', /wants credentials|login/, {
    auth: basicAuth({ anna: 'pass-w0rd-of-anna' }),
    login: (stage) => stage.login('127.0.0.1:1'),
    after: noCredentials,
  }),
  wanting('a user of the host without its port', /wants credentials|login/, {
    auth: basicAuth({ anna: 'pass-w0rd-of-anna' }),
    login: (stage) => stage.login('127.0.0.1'),
    after: noCredentials,
  }),
  wanting('a registry that asks for nothing gets nothing', 'ok', { login: anna, after: noCredentials }),
  wanting('a key with scheme and path', 'ok', {
    auth: users(),
    login: (stage, host) => stage.login(`http://${host}/v2/`),
  }),
  wanting('an identity token', 'ok', { auth: users({ identityTokens: identities }), login: identity }),
  wanting('an identity token that is refused', /refuses the credentials/, { auth: users(), login: identity }),
  wanting('an identity token, and no POST', /refuses the credentials/, {
    auth: users({ identityTokens: identities, post: false }),
    login: identity,
  }),
  wanting('an identity token as a password, where there is no POST', 'ok', {
    auth: bearerAuth({ users: { '<token>': 'identity-token-of-anna' }, post: false }),
    login: identity,
  }),
  wanting('a registry token', 'ok', {
    auth: asking({}),
    login: (_, host) => ({ auths: { [host]: { registrytoken: TOKEN } } }),
  }),
  ...[400, 401, 403, 404, 418, 500].flatMap((code) => [
    wanting(`${code} that repeats the password`, /you sent|refuses|answered|not found|denied|failed/, {
      auth: basicAuth({ anna: 'pass-w0rd-of-anna' }),
      login: anna,
      faults: [echo(code, 'manifest')],
      flags: ['--retry', '1', '--header', 'X-Api-Key=key-of-anna'],
    }),
    wanting(`${code} that repeats the token`, /you sent|refuses|answered|not found|denied|failed/, {
      auth: asking({}),
      faults: [echo(code, 'blob')],
      flags: ['--retry', '1', '--header', 'X-Api-Key=key-of-anna'],
    }),
    wanting(`${code} of the token service that repeats the password`, /./, {
      auth: users(),
      login: anna,
      faults: [echo(code, 'token')],
      flags: ['--retry', '1', '--header', 'X-Api-Key=key-of-anna'],
    }),
  ]),
]);

function noCredentials({ requests }: TestRegistry): void {
  assert.deepEqual(
    requests.map(({ headers }) => headers.authorization).filter((value) => value !== undefined),
    [],
  );
}
