import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, isDrayError } from '#errors';
import { compose, followRedirects, type HttpRequest, type HttpResponse } from '#transport';
import type { Credential, Endpoint } from '../types.ts';
import { type Authorizer, createAuthorizer } from './authorize.ts';
import {
  basicOf,
  endpointOf,
  type HeldClock,
  heldClock,
  keychainOf,
  type ScriptedAnswer,
  type Seen,
  scripted,
} from './support.test.ts';

const REGISTRY = 'https://registry.example';
const PULL = ['repository:a/b:pull'];
const USER: Credential = { username: 'ann', password: 'hunter2' };

interface Bench {
  readonly seen: Seen[];
  readonly asked: string[];
  readonly clock: HeldClock;
  readonly authorizer: Authorizer;
  get(path?: string, more?: Partial<HttpRequest>): Promise<HttpResponse>;
}

interface Setting {
  readonly endpoint?: Endpoint;
  readonly credentials?: Readonly<Record<string, Credential>>;
}

/** An authorizer in front of a script that plays the registry and everybody else. */
function bench(answer: (seen: Seen) => ScriptedAnswer | Promise<ScriptedAnswer>, setting: Setting = {}): Bench {
  const { endpoint = endpointOf(REGISTRY), credentials = {} } = setting;
  const { transport, seen } = scripted(answer);
  const { keychain, asked } = keychainOf(credentials);
  const clock = heldClock();
  const authorizer = createAuthorizer({ endpoint, transport, keychain, clock });
  const send = compose(authorizer.middleware(PULL), followRedirects())(transport);
  const get: Bench['get'] = (path = '/v2/a/b/manifests/1', more = {}) =>
    send({ method: 'GET', url: new URL(path, endpoint.url), ...more });
  return { seen, asked, clock, authorizer, get };
}

const CHALLENGE = 'Bearer realm="https://auth.example/token",service="s",scope="repository:a/b:pull"';

/** A registry that takes the tokens its service has issued, each for `uses` requests. */
function tokenRegistry(
  uses = Number.POSITIVE_INFINITY,
  challenge: string | readonly string[] = CHALLENGE,
): (seen: Seen) => ScriptedAnswer {
  const left = new Map<string, number>();
  return ({ url, headers }) => {
    if (url.host === 'auth.example') {
      const token = `t${left.size + 1}`;
      left.set(token, uses);
      return { body: JSON.stringify({ token, expires_in: 300 }) };
    }
    const token = headers['authorization']?.replace('Bearer ', '') ?? '';
    const count = left.get(token) ?? 0;
    if (count === 0)
      return {
        status: 401,
        headers: { 'www-authenticate': challenge },
        body: '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
      };
    left.set(token, count - 1);
    return { body: 'ok' };
  };
}

const lines = (seen: readonly Seen[]): string[] =>
  seen.map(({ method, url, headers }) => `${method} ${url.host}${url.pathname} ${headers['authorization'] ?? '-'}`);
const tokens = (seen: readonly Seen[]): number => seen.filter(({ url }) => url.host === 'auth.example').length;

/** The code and message of what it rejects with, checked for secrets on the way. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  assert.ok(isDrayError(error), String(error));
  assert.ok(!JSON.stringify([error.message, error.hint, error.detail]).includes('hunter2'), error.message);
  return `${error.code}: ${error.message}${error.hint === undefined ? '' : ` [${error.hint}]`}`;
}

test('a registry that asks for nothing is sent nothing, and no keychain is asked', async () => {
  const { get, seen, asked } = bench(() => ({}), { credentials: { 'registry.example': USER } });
  assert.equal((await get()).status, 200);
  assert.deepEqual(lines(seen), ['GET registry.example/v2/a/b/manifests/1 -']);
  assert.deepEqual(asked, []);
});

test('an anonymous token: asked for after the first 401, kept for the requests that follow', async () => {
  const { get, seen } = bench(tokenRegistry());
  await get();
  await get('/v2/a/b/blobs/x');
  assert.deepEqual(lines(seen), [
    'GET registry.example/v2/a/b/manifests/1 -',
    'GET auth.example/token -',
    'GET registry.example/v2/a/b/manifests/1 Bearer t1',
    'GET registry.example/v2/a/b/blobs/x Bearer t1',
  ]);
  assert.equal(seen[1]?.url.search, '?service=s&scope=repository%3Aa%2Fb%3Apull');
});

test('user and password go to the token service, never to the registry', async () => {
  const { get, seen, asked } = bench(tokenRegistry(), { credentials: { 'registry.example': USER } });
  await get();
  assert.equal(seen[1]?.headers['authorization'], basicOf('ann:hunter2'));
  assert.equal(seen[2]?.headers['authorization'], 'Bearer t1');
  assert.deepEqual(asked, ['registry.example']);
});

test('forty requests at once ask for one token', async () => {
  const { get, seen } = bench(tokenRegistry(), { credentials: { 'registry.example': USER } });
  await Promise.all(Array.from({ length: 40 }, (_, at) => get(`/v2/a/b/blobs/${at}`)));
  assert.equal(tokens(seen), 1);
  await Promise.all(Array.from({ length: 40 }, (_, at) => get(`/v2/a/b/blobs/${at}`)));
  assert.equal(tokens(seen), 1);
});

test('a storm of 401 in the middle of a pull renews the token once', async () => {
  let gone = false;
  const registry = tokenRegistry();
  const { get, seen } = bench((one) =>
    gone && one.headers['authorization'] === 'Bearer t1'
      ? { status: 401, headers: { 'www-authenticate': CHALLENGE } }
      : registry(one),
  );
  await get();
  gone = true;
  await Promise.all(Array.from({ length: 40 }, () => get()));
  assert.equal(tokens(seen), 2);
});

test('a token that is good for one request only does not end a pull', async () => {
  const { get, seen } = bench(tokenRegistry(1));
  for (let at = 0; at < 5; at++) assert.equal((await get()).status, 200);
  assert.equal(tokens(seen), 5);
});

test('tokens that run out after few requests do not end a pull of many at once', async () => {
  const { get } = bench(tokenRegistry(2));
  for (let round = 0; round < 3; round++) {
    const responses = await Promise.all(Array.from({ length: 12 }, () => get()));
    assert.ok(responses.every(({ status }) => status === 200));
  }
});

test('tokens for one request each: who loses one to another gets one of his own, before that one is answered', async () => {
  const registry = tokenRegistry(1);
  const many = 40;
  let accepted = 0;
  let release: () => void = () => {};
  const allAccepted = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { get, seen } = bench(async (one) => {
    const answer = registry(one);
    // Every refusal arrives while the request that used the token up still waits.
    if (answer.body === 'ok') {
      accepted += 1;
      if (accepted === many) release();
      await allAccepted;
    }
    return answer;
  });
  const responses = await Promise.all(Array.from({ length: many }, (_, at) => get(`/v2/a/b/blobs/${at}`)));
  assert.ok(responses.every(({ status }) => status === 200));
  assert.equal(tokens(seen), many, 'the first for all, then one for each that has lost it');
});

test('requests at once to a registry that takes no token end soon, each with its error', async () => {
  const { get, seen } = bench(tokenRegistry(0));
  const many = 12;
  const errors = await Promise.all(Array.from({ length: many }, (_, at) => failure(get(`/v2/a/b/blobs/${at}`))));
  assert.ok(errors.every((error) => error.startsWith('UNAUTHORIZED: registry.example wants credentials')));
  assert.ok(tokens(seen) <= many + 1, `${tokens(seen)} tokens`);
  assert.ok(seen.length - tokens(seen) <= many * 3, `${seen.length - tokens(seen)} requests`);
});

test('a token of its own that runs out while others get through is renewed, but not for ever', async () => {
  for (const [refusals, expected] of [
    [10, 'no error'],
    [Number.POSITIVE_INFINITY, 'UNAUTHORIZED'],
  ] as const) {
    const registry = tokenRegistry();
    let late = 0;
    const { get } = bench(async (one) => {
      if (!one.url.pathname.endsWith('/late')) return registry(one);
      late += 1;
      await get('/v2/a/b/blobs/other');
      return late > refusals ? registry(one) : { status: 401, headers: { 'www-authenticate': CHALLENGE } };
    });
    const error = await get('/v2/a/b/blobs/late').then(
      () => 'no error',
      (reason: unknown) => (isDrayError(reason) ? reason.code : String(reason)),
    );
    assert.equal(error, expected);
    assert.ok(late <= 20, `${late} requests`);
  }
});

test('a token is renewed a little before its end, and not before that', async () => {
  const { get, seen, clock } = bench(tokenRegistry());
  await get();
  await clock.pass(269_000);
  await get();
  assert.equal(tokens(seen), 1);
  await clock.pass(2_000);
  await Promise.all([get(), get(), get()]);
  assert.equal(tokens(seen), 2);
  assert.equal(seen.at(-1)?.headers['authorization'], 'Bearer t2');
});

test('a cancelled request does not take the token from the others', async () => {
  let reached: (answer: () => void) => void = () => {};
  const asked = new Promise<() => void>((resolve) => {
    reached = resolve;
  });
  const registry = tokenRegistry();
  const { get, seen } = bench(async (one) => {
    if (one.url.host === 'auth.example') await new Promise<void>((resolve) => reached(resolve));
    return registry(one);
  });
  const controller = new AbortController();
  const cancelled = get('/v2/a/b/blobs/1', { signal: controller.signal });
  const other = get('/v2/a/b/blobs/2');
  const answerToken = await asked;
  controller.abort();
  await assert.rejects(cancelled, (error) => hasCode(error, 'CANCELLED'));
  answerToken();
  assert.equal((await other).status, 200);
  assert.equal(tokens(seen), 1);
});

test('the scope of a challenge comes first, and is added to what is needed', async () => {
  const wider = 'Bearer realm="https://auth.example/token",scope="repository:up/stream:pull"';
  const { get, seen } = bench(tokenRegistry(2, wider));
  await get();
  assert.deepEqual(seen[1]?.url.searchParams.getAll('scope'), ['repository:up/stream:pull', 'repository:a/b:pull']);
});

test('a registry that asks for more once it has seen the token gets it', async () => {
  const first = 'Bearer realm="https://auth.example/token"';
  const second = `${first},scope="repository:up/stream:pull",error="insufficient_scope"`;
  const { get, seen } = bench(({ url, headers }) => {
    if (url.host === 'auth.example')
      return { body: JSON.stringify({ token: url.searchParams.getAll('scope').length === 2 ? 'wide' : 'narrow' }) };
    const { authorization } = headers;
    if (authorization === 'Bearer wide') return {};
    return { status: 401, headers: { 'www-authenticate': authorization === undefined ? first : second } };
  });
  assert.equal((await get()).status, 200);
  assert.equal(tokens(seen), 2);
});

test('of many that are asked for more at once each gets it, though a token is good for one of them only', async () => {
  const wider = 'Bearer realm="https://auth.example/token",scope="repository:up/stream:pull"';
  const unused = new Set<string>();
  const { get, seen } = bench(({ url, headers }) => {
    if (url.host === 'auth.example') {
      const token = `${url.searchParams.getAll('scope').length === 2 ? 'wide' : 'narrow'}${seen.length}`;
      unused.add(token);
      return { body: JSON.stringify({ token }) };
    }
    const token = headers['authorization']?.replace('Bearer ', '') ?? '';
    if (token.startsWith('wide') && unused.delete(token)) return {};
    const challenge = {
      '': 'Bearer realm="https://auth.example/token"',
      narrow: `${wider},error="insufficient_scope"`,
      wide: `${wider},error="invalid_token"`,
    }[token.replace(/\d+$/, '')];
    return { status: 401, headers: { 'www-authenticate': challenge ?? '' } };
  });
  const responses = await Promise.all(Array.from({ length: 4 }, (_, at) => get(`/v2/a/b/blobs/${at}`)));
  assert.ok(responses.every(({ status }) => status === 200));
  assert.ok(seen.length - tokens(seen) <= 4 * 4, `${seen.length - tokens(seen)} requests`);
});

test('a token that does not suffice is an error at once; without a reason, after one more', async () => {
  const insufficient = `${CHALLENGE},error="insufficient_scope"`;
  const refusing =
    (challenge: string) =>
    ({ url }: Seen): ScriptedAnswer =>
      url.host === 'auth.example'
        ? { body: '{"token":"t"}' }
        : { status: 401, headers: { 'www-authenticate': challenge } };
  const known = bench(refusing(insufficient));
  assert.match(
    await failure(known.get()),
    /^UNAUTHORIZED: registry\.example wants credentials for \/v2\/a\/b\/manifests\/1 \[log in: dray login registry\.example\]$/,
  );
  assert.equal(known.seen.length, 3);
  const unknown = bench(refusing(CHALLENGE), { credentials: { 'registry.example': USER } });
  assert.match(await failure(unknown.get()), /^UNAUTHORIZED: registry\.example refuses the credentials for /);
  assert.equal(unknown.seen.length, 5);
});

test('a token service that gives the same token again and again does not make for endless tries', async () => {
  const { get, seen } = bench(({ url, headers }) => {
    if (url.host === 'auth.example') return { body: '{"token":"t"}' };
    const good = headers['authorization'] === 'Bearer t' && url.pathname.includes('/manifests/');
    return good ? {} : { status: 401, headers: { 'www-authenticate': CHALLENGE } };
  });
  await get();
  const before = seen.length;
  assert.match(await failure(get('/v2/a/b/blobs/x')), /^UNAUTHORIZED/);
  assert.equal(seen.length - before, 5);
});

test('Basic', async () => {
  const answer = ({ headers }: Seen): ScriptedAnswer =>
    headers['authorization'] === basicOf('ann:hunter2')
      ? {}
      : { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };
  const good = bench(answer, { credentials: { 'registry.example': USER } });
  await good.get();
  await good.get();
  assert.deepEqual(
    good.seen.map(({ headers }) => headers['authorization'] ?? '-'),
    ['-', basicOf('ann:hunter2'), basicOf('ann:hunter2')],
  );

  const none = bench(answer);
  assert.match(
    await failure(none.get()),
    /^UNAUTHORIZED: registry\.example wants credentials .*\[log in: dray login registry\.example\]$/,
  );
  assert.equal(none.seen.length, 1);

  const wrong = bench(answer, { credentials: { 'registry.example': { username: 'ann', password: 'xhunter2' } } });
  assert.match(
    await failure(wrong.get()),
    /^UNAUTHORIZED: registry\.example refuses the credentials .*\[check them, or log in: dray login registry\.example\]$/,
  );
  assert.equal(wrong.seen.length, 2);
});

test('of several challenges Bearer is taken, and Basic where Bearer cannot be', async () => {
  const both = bench(tokenRegistry(9, ['Basic realm="r"', CHALLENGE]), { credentials: { 'registry.example': USER } });
  await both.get();
  assert.equal(both.seen.at(-1)?.headers['authorization'], 'Bearer t1');

  const challenge = 'Bearer realm="http://169.254.169.254/token", Basic realm="r"';
  const answer = ({ headers }: Seen): ScriptedAnswer =>
    headers['authorization'] === undefined ? { status: 401, headers: { 'www-authenticate': challenge } } : {};
  const basic = bench(answer, { credentials: { 'registry.example': USER } });
  await basic.get();
  assert.deepEqual(
    basic.seen.map(({ url, headers }) => `${url.host} ${headers['authorization']}`),
    ['registry.example undefined', `registry.example ${basicOf('ann:hunter2')}`],
  );

  const neither = bench(answer);
  assert.match(await failure(neither.get()), /^INSECURE_REFUSED: /);
  assert.equal(neither.seen.length, 1);
});

test('a registry token is the bearer as it is, and nobody else sees it', async () => {
  const credential = { registryToken: 'rt-hunter2' };
  const answer = ({ headers }: Seen): ScriptedAnswer =>
    headers['authorization'] === 'Bearer rt-hunter2' ? {} : { status: 401, headers: { 'www-authenticate': CHALLENGE } };
  const good = bench(answer, { credentials: { 'registry.example': credential } });
  await good.get();
  assert.deepEqual(
    lines(good.seen).map((line) => line.split(' ')[1]),
    ['registry.example/v2/a/b/manifests/1', 'registry.example/v2/a/b/manifests/1'],
  );
  const wrong = bench(() => ({ status: 401, headers: { 'www-authenticate': CHALLENGE } }), {
    credentials: { 'registry.example': credential },
  });
  assert.match(await failure(wrong.get()), /^UNAUTHORIZED: registry\.example refuses the credentials/);
  assert.equal(wrong.seen.length, 2);
  const unfit = bench(answer, { credentials: { 'registry.example': { registryToken: 'hunter2\r\nX: y' } } });
  assert.match(await failure(unfit.get()), /^CREDENTIALS_UNAVAILABLE/);
});

test('a 401 that cannot be answered', async () => {
  const cases: readonly [challenge: string | undefined, expected: RegExp][] = [
    [
      undefined,
      /^UNAUTHORIZED: registry\.example answers 401 to \/v2\/a\/b\/manifests\/1 without saying how to authenticate \[if it needs credentials, log in: dray login registry\.example\]$/,
    ],
    ['Negotiate', /asks for negotiate, which dray cannot answer/],
    ['Bearer service="x"', /names no token service/],
    ['Bearer realm="garbage"', /^TOKEN_REFUSED: registry\.example names a token service that is no http URL: garbage/],
    ['Bearer realm="http://auth.example/token"', /^INSECURE_REFUSED: /],
    ['((((', /without saying how/],
  ];
  for (const [challenge, expected] of cases) {
    const { get, seen } = bench(
      () => ({ status: 401, headers: challenge === undefined ? {} : { 'www-authenticate': challenge } }),
      { credentials: { 'registry.example': USER } },
    );
    assert.match(await failure(get()), expected);
    const paths = seen.map(({ url }) => url.pathname);
    // Where nothing is said, the base is asked, too.
    assert.deepEqual(
      paths,
      /without saying/.test(String(expected)) ? ['/v2/a/b/manifests/1', '/v2/'] : paths.slice(0, 1),
    );
  }
});

test('a 401 that does not say what is wanted: the base of the registry may', async () => {
  const registry = tokenRegistry();
  const { get, seen } = bench((one) => {
    const { headers, ...answer } = registry(one);
    return one.url.pathname === '/v2/' ? { headers: headers ?? {}, ...answer } : answer;
  });
  assert.equal((await get()).status, 200);
  assert.equal((await get()).status, 200);
  assert.deepEqual(lines(seen), [
    'GET registry.example/v2/a/b/manifests/1 -',
    'GET registry.example/v2/ -',
    'GET auth.example/token -',
    'GET registry.example/v2/a/b/manifests/1 Bearer t1',
    'GET registry.example/v2/a/b/manifests/1 Bearer t1',
  ]);
});

test('docker.io is told how to log in there, and is looked up by its name', async () => {
  const endpoint = { url: 'https://registry-1.docker.io', domain: 'docker.io', mirror: false };
  const { get, asked } = bench(() => ({ status: 401, headers: { 'www-authenticate': 'Basic' } }), { endpoint });
  assert.match(await failure(get()), /^UNAUTHORIZED: docker\.io wants credentials .*\[log in: dray login\]$/);
  assert.deepEqual(asked, ['docker.io']);
});

test('a 403 is DENIED, with the words of the registry and without secrets', async () => {
  const answer = ({ headers }: Seen): ScriptedAnswer =>
    headers['authorization'] === undefined
      ? { status: 401, headers: { 'www-authenticate': 'Basic' } }
      : { status: 403, body: '{"errors":[{"code":"DENIED","message":"not you,\\u001b[31m hunter2"}]}' };
  const known = bench(answer, { credentials: { 'registry.example': USER } });
  assert.equal(
    await failure(known.get()),
    'DENIED: registry.example does not allow GET /v2/a/b/manifests/1: not you, ***',
  );
  const anonymous = bench(() => ({ status: 403 }));
  assert.match(await failure(anonymous.get()), /^DENIED: .* \[log in: dray login registry\.example\]$/);
});

test('a refusal that repeats the token it was shown is told without it', async () => {
  for (const code of [401, 403]) {
    const answer = ({ url, headers }: Seen): ScriptedAnswer => {
      if (url.pathname === '/token') return { status: 200, body: '{"token":"a-token-that-nobody-may-see"}' };
      const shown = headers['authorization'];
      return shown === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Bearer realm="https://registry.example/token"' } }
        : { status: code, body: `{"errors":[{"code":"DENIED","message":"you sent ${shown} key-of-anna"}]}` };
    };
    const headers = { 'X-Api-Key': 'key-of-anna' };
    const { get } = bench(answer, { endpoint: endpointOf(REGISTRY, { headers }) });
    const refused = await failure(get(undefined, { headers }));
    assert.match(refused, /you sent Bearer \*\*\* \*\*\*/);
  }
});

test('only the own origin gets Authorization, and only its 401 counts', async () => {
  const { authorizer, get, seen } = bench(tokenRegistry(), { credentials: { 'registry.example': USER } });
  await get();
  const elsewhere = scripted(() => ({ status: 401, headers: { 'www-authenticate': CHALLENGE } }));
  const send = authorizer.middleware(PULL)(elsewhere.transport);
  for (const url of [
    'http://registry.example/',
    'https://registry.example:8443/',
    'https://cdn.example/',
    'https://sub.registry.example/',
  ]) {
    assert.equal((await send({ method: 'GET', url: new URL(url) })).status, 401);
  }
  assert.ok(elsewhere.seen.every(({ headers }) => headers['authorization'] === undefined));
  assert.equal(tokens(seen), 1);
});

test('a redirect to another host carries nothing, and its 401 and 403 are its own', async () => {
  for (const status of [200, 401, 403]) {
    const registry = tokenRegistry();
    const { get, seen } = bench(
      (one) => {
        if (one.url.host === 'cdn.example')
          return { status, headers: { 'www-authenticate': 'Bearer realm="https://evil.example/token"' } };
        const answer = registry(one);
        return answer.body === 'ok' ? { status: 307, headers: { location: 'https://cdn.example/blob?sig=1' } } : answer;
      },
      { credentials: { 'registry.example': USER } },
    );
    assert.equal((await get('/v2/a/b/blobs/x')).status, status);
    const cdn = seen.filter(({ url }) => url.host === 'cdn.example');
    assert.deepEqual(
      cdn.map(({ headers }) => headers['authorization']),
      [undefined],
    );
    assert.ok(seen.every(({ url }) => url.host !== 'evil.example'));
  }
});

test('a mirror is looked up by its own host, and gets no credentials of the registry', async () => {
  const endpoint = { url: 'https://mirror.example:8443/prefix', domain: 'docker.io', mirror: true };
  const { get, seen, asked } = bench(
    ({ url }) =>
      url.host === 'auth.example'
        ? { body: '{"token":"t"}' }
        : { status: 401, headers: { 'www-authenticate': CHALLENGE } },
    { endpoint, credentials: { 'docker.io': USER } },
  );
  assert.match(
    await failure(get('/prefix/v2/a/b/manifests/1')),
    /^UNAUTHORIZED: mirror\.example:8443 wants credentials .*dray login mirror\.example:8443\]$/,
  );
  assert.ok(asked.every((host) => host === 'mirror.example:8443'));
  assert.ok(
    seen.every(({ headers }) => headers['authorization'] === undefined || headers['authorization'] === 'Bearer t'),
  );
});

test('a header that the caller has set stays, and is not repeated in an error', async () => {
  const { get, seen, asked } = bench(() => ({
    status: 401,
    headers: { 'www-authenticate': CHALLENGE },
    body: 'no to mine-hunter2',
  }));
  const error = await failure(get('/v2/', { headers: { authorization: 'Bearer mine-hunter2' } }));
  assert.match(error, /^UNAUTHORIZED: registry\.example refuses the credentials for \/v2\/: no to \*\*\*/);
  assert.equal(seen.length, 1);
  assert.deepEqual(asked, []);
});

test('the value of Authorization, for a worker: nothing until it is known, then renewed when due', async () => {
  const { authorizer, get, clock } = bench(tokenRegistry());
  assert.equal(await authorizer.authorization(PULL), undefined);
  await get();
  assert.equal(await authorizer.authorization(PULL), 'Bearer t1');
  assert.equal(await authorizer.authorization(['repository:other:pull']), undefined);
  await clock.pass(300_000);
  assert.equal(await authorizer.authorization(PULL), 'Bearer t2');
});

test('a token by itself: the registry is asked first, once', async () => {
  const { authorizer, seen } = bench(tokenRegistry());
  assert.equal(await authorizer.token(PULL), 't1');
  assert.equal(await authorizer.token(PULL), 't1');
  assert.deepEqual(lines(seen), [
    'GET registry.example/v2/ -',
    'GET auth.example/token -',
    'GET registry.example/v2/ Bearer t1',
  ]);
  assert.equal(await bench(() => ({})).authorizer.token(PULL), undefined);
});

test('a request with a body is sent again whole', async () => {
  const { get, seen } = bench(tokenRegistry());
  const body = new TextEncoder().encode('content');
  await get('/v2/a/b/blobs/uploads/', { method: 'POST', body: () => body, bodyLength: body.length });
  assert.deepEqual(
    seen.filter(({ method }) => method === 'POST').map((one) => one.body),
    ['content', 'content'],
  );
});

test('a registry that asks for another scope each time is given up each time', async () => {
  let asked = 0;
  const { get, seen } = bench(({ url }) =>
    url.host === 'auth.example'
      ? { body: '{"token":"t"}' }
      : {
          status: 401,
          headers: {
            'www-authenticate': `Bearer realm="https://auth.example/token",scope="repository:r${asked++}:pull"`,
          },
        },
  );
  for (let at = 0; at < 20; at++) assert.match(await failure(get()), /^UNAUTHORIZED/);
  assert.ok(seen.length <= 20 * 5);
});
