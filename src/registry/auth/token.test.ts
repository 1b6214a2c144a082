import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrayError, hasCode, isDrayError } from '#errors';
import type { OnEvent } from '#progress';
import type { Credential } from '../types.ts';
import { basicOf, heldClock, type ScriptedAnswer, type Seen, scripted } from './support.test.ts';
import { requestToken, type Token } from './token.ts';
import type { TokenOrder } from './token-order.ts';

const REALM = 'https://auth.example/token';
const USER: Credential = { username: 'ann', password: 'hunter2' };
const IDENTITY: Credential = { username: 'ann', identityToken: 'refresh-hunter2' };

interface Case {
  readonly answer: (seen: Seen) => ScriptedAnswer | Promise<ScriptedAnswer>;
  readonly order?: Partial<TokenOrder> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const clock = heldClock();

function run({ answer, order = {}, signal }: Case): { token: Promise<Token>; seen: Seen[] } {
  const { transport, seen } = scripted(answer);
  const asking = { name: 'registry.example', url: new URL('https://registry.example') };
  const full: TokenOrder = {
    asking,
    realm: new URL(REALM),
    service: 'registry.example',
    scopes: ['repository:a/b:pull'],
    credential: undefined,
    ...order,
  };
  return { token: requestToken(full, { transport, clock, clientId: 'dray', signal }), seen };
}

const good: ScriptedAnswer = { body: '{"token":"t1","expires_in":300}' };
const refusal = (error: unknown): string => (isDrayError(error) ? `${error.code}: ${error.message}` : String(error));

/** The error, checked for secrets on the way. */
async function failure(one: Case): Promise<string> {
  const error: unknown = await run(one).token.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  assert.ok(isDrayError(error), String(error));
  assert.ok(!JSON.stringify([error.message, error.hint, error.detail]).includes('hunter2'), error.message);
  return refusal(error);
}

test('an anonymous token is a GET with service and scopes, and no Authorization', async () => {
  const { token, seen } = run({ answer: () => good, order: { scopes: ['repository:a/b:pull', 'repository:c:pull'] } });
  assert.equal((await token).value, 't1');
  assert.equal(seen.length, 1);
  assert.equal(seen[0]?.method, 'GET');
  assert.equal(seen[0]?.url.origin + (seen[0]?.url.pathname ?? ''), REALM);
  assert.deepEqual(
    [...(seen[0]?.url.searchParams ?? [])],
    [
      ['service', 'registry.example'],
      ['scope', 'repository:a/b:pull'],
      ['scope', 'repository:c:pull'],
    ],
  );
  assert.equal(seen[0]?.headers['authorization'], undefined);
});

test('user and password go as Basic, with the account in the query; the query of the realm stays', async () => {
  const { token, seen } = run({
    answer: () => good,
    order: { credential: USER, realm: new URL(`${REALM}?k=v`), service: undefined },
  });
  await token;
  assert.equal(seen[0]?.headers['authorization'], basicOf('ann:hunter2'));
  assert.deepEqual(
    [...(seen[0]?.url.searchParams ?? [])],
    [
      ['k', 'v'],
      ['scope', 'repository:a/b:pull'],
      ['account', 'ann'],
    ],
  );
});

test('a login asks for an identity token', async () => {
  const answer = (): ScriptedAnswer => ({ body: '{"token":"t1","refresh_token":"r1"}' });
  const { token, seen } = run({ answer, order: { credential: USER, offline: true, scopes: [] } });
  assert.equal((await token).identityToken, 'r1');
  assert.equal(seen[0]?.url.searchParams.get('offline_token'), 'true');
  assert.equal(seen[0]?.url.searchParams.get('client_id'), 'dray');
});

test('an identity token is exchanged by the oauth2 form', async () => {
  const order = { credential: IDENTITY, scopes: ['repository:a/b:pull', 'repository:c:pull'] };
  const { token, seen } = run({ answer: () => ({ body: '{"access_token":"t2"}' }), order });
  assert.equal((await token).value, 't2');
  assert.equal(seen[0]?.method, 'POST');
  assert.equal(seen[0]?.url.href, REALM);
  assert.equal(seen[0]?.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.equal(seen[0]?.headers['authorization'], undefined);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(seen[0]?.body)), {
    grant_type: 'refresh_token',
    service: 'registry.example',
    client_id: 'dray',
    scope: 'repository:a/b:pull repository:c:pull',
    refresh_token: 'refresh-hunter2',
  });
});

for (const status of [404, 405]) {
  test(`a service without the oauth2 form (${status}) gets the identity token by GET`, async () => {
    const answer = ({ method }: Seen): ScriptedAnswer => (method === 'POST' ? { status } : good);
    const { token, seen } = run({ answer, order: { credential: IDENTITY } });
    assert.equal((await token).value, 't1');
    assert.deepEqual(
      seen.map(({ method }) => method),
      ['POST', 'GET'],
    );
    assert.equal(seen[1]?.headers['authorization'], basicOf('ann:refresh-hunter2'));
    const both = run({ answer, order: { credential: { ...IDENTITY, ...USER } } });
    await both.token;
    assert.equal(both.seen[1]?.headers['authorization'], basicOf('ann:hunter2'));
  });
}

test('when a token is to be renewed', async () => {
  const life = async (body: object): Promise<number> => {
    const { renewAt } = await run({ answer: () => ({ body: JSON.stringify({ token: 't', ...body }) }) }).token;
    return (renewAt - clock.now()) / 1000;
  };
  const before = (seconds: number): string => new Date(clock.now() - seconds * 1000).toISOString();
  assert.equal(await life({}), 54);
  assert.equal(await life({ expires_in: 10 }), 54);
  assert.equal(await life({ expires_in: 300 }), 270);
  assert.equal(await life({ expires_in: 3600, issued_at: before(600) }), 2970, 'handed out late');
  assert.equal(await life({ expires_in: 300, issued_at: before(86_400) }), 54, 'the clock there is behind');
  assert.equal(await life({ expires_in: 300, issued_at: before(-86_400) }), 270, 'the clock there is ahead');
});

test('refusals', async () => {
  const said = { body: '{"details":"incorrect username or password"}' };
  const cases: readonly [expected: RegExp, answer: ScriptedAnswer, credential?: Credential][] = [
    [
      /^UNAUTHORIZED: auth.example refuses the credentials for registry.example \(401: incorrect username or password\)$/,
      { status: 401, ...said },
      USER,
    ],
    [/^DENIED: no token for registry.example: auth.example does not allow it \(403\)$/, { status: 403 }, USER],
    [
      /^UNAUTHORIZED: auth.example refuses the credentials .*400: invalid_grant/,
      { status: 400, body: '{"error":"invalid_grant"}' },
      IDENTITY,
    ],
    [/^TOKEN_REFUSED: .*400/, { status: 400 }, USER],
    [/^UNAUTHORIZED: auth.example gives no token for registry.example without credentials \(401\)$/, { status: 401 }],
    [/^DENIED: .*does not allow it \(403: DENIED\)/, { status: 403, body: '{"errors":[{"code":"DENIED"}]}' }],
    [/^TOKEN_REFUSED: .*404/, { status: 404 }],
    [/^TOO_MANY_REQUESTS: /, { status: 429 }],
    [/^SERVER_FAILED: .*503/, { status: 503, body: '<html>hello</html>' }],
    [/^TOKEN_REFUSED: .* is not JSON/, { body: 'hunter2' }],
    [/^TOKEN_REFUSED: .* cannot be sent/, { body: '{"token":"hunter2\\r\\nX: y"}' }],
    [/^TOO_LARGE: .*131072/, { body: 'x'.repeat(131_073) }],
    [
      /\(401: echo \*\*\* \*\*\* \*\*\* end\)$/,
      { status: 401, body: `echo hunter2 hun\u001b[0mter2 ${basicOf('ann:hunter2').slice(6)} end` },
      USER,
    ],
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    [/^[^\u0000-\u001f]+\(401: red\)$/, { status: 401, body: '\u001b[31mred\u001b[0m' }],
  ];
  for (const [expected, answer, credential] of cases)
    assert.match(await failure({ answer: () => answer, order: { credential } }), expected);
});

test('an error body without end is read in part', async () => {
  const body = new Uint8Array(10_000_000).fill(97);
  assert.match(await failure({ answer: () => ({ status: 401, body }) }), /\(401: a{100,199}…\)$/);
});

test('redirects: to the same origin with credentials, elsewhere without', async () => {
  const to =
    (location: string) =>
    (seen: Seen): ScriptedAnswer =>
      seen.url.pathname === '/token' ? { status: 307, headers: { location } } : good;
  const same = run({ answer: to('/other?x=1'), order: { credential: USER } });
  await same.token;
  assert.equal(same.seen[1]?.headers['authorization'], basicOf('ann:hunter2'));
  for (const elsewhere of ['https://other.example/t', 'https://auth.example:8443/t']) {
    const { token, seen } = run({ answer: to(elsewhere), order: { credential: USER } });
    await token;
    assert.equal(seen[1]?.url.href, elsewhere);
    assert.equal(seen[1]?.headers['authorization'], undefined);
  }
  for (const bad of [
    'http://auth.example/t',
    'http://other.example/t',
    'https://127.0.0.1/t',
    'https://169.254.169.254/t',
  ])
    assert.match(await failure({ answer: to(bad), order: { credential: USER } }), /^REDIRECT_REFUSED/);
  assert.match(await failure({ answer: to('ftp://other/'), order: { credential: USER } }), /^BAD_RESPONSE/);
  assert.match(await failure({ answer: () => ({ status: 302, headers: { location: REALM } }) }), /^REDIRECT_REFUSED/);
});

test('redirects: the form with the identity token stays where it is', async () => {
  const to =
    (status: number, location: string) =>
    (seen: Seen): ScriptedAnswer =>
      seen.url.pathname === '/token' ? { status, headers: { location } } : good;
  const same = run({ answer: to(307, '/other'), order: { credential: IDENTITY } });
  await same.token;
  assert.equal(same.seen[1]?.body, same.seen[0]?.body);
  for (const [status, location] of [
    [307, 'https://other.example/t'],
    [308, 'https://auth.example:8443/t'],
    [302, '/other'],
  ] as const) {
    const one = run({ answer: to(status, location), order: { credential: IDENTITY } });
    await assert.rejects(one.token, (error) => hasCode(error, 'REDIRECT_REFUSED'));
    assert.equal(one.seen.length, 1);
  }
});

const plain: TokenOrder = {
  asking: { name: 'registry.example', url: new URL('https://registry.example') },
  realm: new URL(REALM),
  service: undefined,
  scopes: [],
  credential: undefined,
};

test('a token service that never answers is given up after a minute', async () => {
  const { transport } = scripted(
    (_, request) =>
      new Promise((_resolve, reject) => {
        request.signal?.addEventListener('abort', () => reject(request.signal?.reason as Error));
      }),
  );
  const held = heldClock();
  const token = requestToken(plain, { transport, clock: held, clientId: 'dray' });
  const failed = assert.rejects(
    token,
    (error) =>
      hasCode(error, 'STALLED') &&
      /auth\.example \(for registry\.example\) gave no answer within 60 s/.test(error.message),
  );
  await held.pass(10);
  await held.pass(60_000);
  await failed;
});

test('an answer that breaks off is asked for again, three times at most', async () => {
  for (const [breaks, ends] of [
    [1, 't1'],
    [2, 't1'],
    [9, 'CONNECTION_LOST'],
  ] as const) {
    const held = heldClock();
    const { transport, seen } = scripted(() => {
      const lost = new DrayError('CONNECTION_LOST', 'closed the connection after 10 of 80 bytes');
      return seen.length > breaks ? good : { body: '{"token":"', breaks: lost };
    });
    const events: string[] = [];
    const onEvent: OnEvent = (event) => events.push(event.kind === 'request-retry' ? event.request : event.kind);
    const token = requestToken(plain, { transport, clock: held, clientId: 'dray', onEvent }).then(
      ({ value }) => value,
      (error: unknown) => (hasCode(error, 'CONNECTION_LOST') ? error.code : String(error)),
    );
    for (let turn = 0; turn < 20; turn += 1) await held.pass(500);
    assert.equal(await token, ends);
    assert.equal(seen.length, Math.min(breaks + 1, 3));
    assert.deepEqual(
      events,
      Array.from({ length: seen.length - 1 }, () => `GET ${REALM}`),
    );
  }
});

test('a cancel ends the wait', async () => {
  const { token } = run({ answer: () => new Promise(() => {}), signal: AbortSignal.abort() });
  await assert.rejects(token, (error) => hasCode(error, 'CANCELLED'));
});

test('a network error says what the token was for, and keeps its code', async () => {
  const answer = (): never => {
    throw new DrayError('CONNECT_FAILED', 'could not connect to auth.example:443', { hint: 'look' });
  };
  assert.equal(
    await failure({ answer }),
    'CONNECT_FAILED: no token for registry.example: could not connect to auth.example:443',
  );
});
