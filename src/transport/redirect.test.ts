import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compose } from './compose.ts';
import { cannedTransport } from './fixtures/canned.test.fixture.ts';
import { ok, rawServer } from './fixtures/raw-server.test.fixture.ts';
import { failsWith } from './fixtures/scene.test.fixture.ts';
import { recording } from './recording.ts';
import { followRedirects } from './redirect.ts';
import { createTransport } from './transport.ts';
import type { HttpMethod, HttpResponse } from './types.ts';

const SECRETS = { authorization: 'Bearer s', cookie: 'c=1', 'x-key': 'k', accept: 'a/b', range: 'bytes=5-' };

interface Hop {
  readonly from: string;
  readonly to: string | readonly string[];
  readonly status?: number;
  readonly method?: HttpMethod;
  /** Address that the redirect comes from. */
  readonly address?: string;
}

/** Follows one redirect; the target answers 200. */
async function follow(
  hop: Hop,
): Promise<{ response: HttpResponse; headers: Readonly<Record<string, string>>; discarded: number }> {
  const canned = cannedTransport((_request, at) =>
    at === 0
      ? { status: hop.status ?? 307, headers: { location: hop.to }, from: hop.address ?? '203.0.113.1' }
      : { status: 200 },
  );
  const send = followRedirects({ secretHeaders: ['X-Key'] })(canned.send);
  const response = await send({ method: hop.method ?? 'GET', url: new URL(hop.from), headers: SECRETS });
  return { response, headers: canned.requests[1]?.headers ?? {}, discarded: canned.discarded() };
}

test('a redirect on the same origin keeps all headers; another origin gets no secrets', async () => {
  for (const [from, to, same] of [
    ['https://r.example/v2/x', '/other?a=b', true],
    ['https://r.example/v2/x', 'y', true],
    ['https://r.example/x', 'https://R.EXAMPLE:443/y', true],
    ['https://r.example/x', '//r.example/y', true],
    ['https://r.example/x', '//cdn.example/y', false],
    ['https://r.example/x', 'https://r.example:8443/y', false],
    ['http://r.example/x', 'https://r.example/y', false],
    ['https://r.example/x', 'https://sub.r.example/y', false],
  ] as const) {
    const { response, headers, discarded } = await follow({ from, to });
    assert.equal(response.url.href, new URL(to, from).href);
    assert.equal(discarded, 1);
    assert.deepEqual(headers, same ? SECRETS : { accept: 'a/b', range: 'bytes=5-' }, `${from} to ${to}`);
  }
});

test('secrets stay away once they were dropped', async () => {
  const hops = ['https://b.example/1', 'https://a.example/2'];
  const canned = cannedTransport((_request, at) => {
    const location = hops[at];
    return location === undefined ? { status: 200 } : { status: 302, headers: { location } };
  });
  await followRedirects()(canned.send)({ method: 'GET', url: new URL('https://a.example/0'), headers: SECRETS });
  assert.equal(canned.requests[2]?.headers?.['authorization'], undefined);
});

test('GET and HEAD follow every kind of redirect and stay what they are', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of ['GET', 'HEAD'] as const) {
      const { response } = await follow({ from: 'https://a.example/', to: '/b', status, method });
      assert.equal(response.status, 200);
    }
  }
});

test('other statuses are handed out', async () => {
  for (const status of [200, 300, 304, 305, 404, 500]) {
    const canned = cannedTransport(() => ({ status, headers: { location: '/b' } }));
    const response = await followRedirects()(canned.send)({ method: 'GET', url: new URL('https://a.example/') });
    assert.equal(response.status, status);
    assert.equal(canned.requests.length, 1);
  }
});

test('an upload goes on with 307 and 308 on its own origin alone', async () => {
  for (const method of ['PUT', 'POST', 'PATCH', 'DELETE'] as const) {
    for (const status of [307, 308]) {
      assert.equal((await follow({ from: 'https://a.example/', to: '/b', status, method })).response.status, 200);
      await assert.rejects(
        follow({ from: 'https://a.example/', to: 'https://b.example/', status, method }),
        failsWith('REDIRECT_REFUSED', /for the first server only/),
      );
    }
    for (const status of [301, 302, 303]) {
      await assert.rejects(
        follow({ from: 'https://a.example/', to: '/b', status, method }),
        failsWith('REDIRECT_REFUSED', /would drop what is sent/),
      );
    }
  }
});

test('https is never left', async () => {
  for (const to of ['http://a.example/', 'http://b.example/', 'http://a.example:443/']) {
    await assert.rejects(
      follow({ from: 'https://a.example/', to }),
      failsWith('REDIRECT_REFUSED', /would leave https/, { tlsEstablished: true }),
    );
  }
});

test('ten hops and no more, and no loop', async () => {
  const chain = (length: number): ReturnType<typeof cannedTransport> =>
    cannedTransport((_request, at) =>
      at < length ? { status: 302, headers: { location: `/${at + 1}` } } : { status: 200 },
    );
  const url = new URL('https://a.example/0');
  assert.equal((await followRedirects()(chain(10).send)({ method: 'GET', url })).status, 200);
  const long = chain(11);
  await assert.rejects(
    followRedirects()(long.send)({ method: 'GET', url }),
    failsWith('REDIRECT_REFUSED', /after 10 redirects/),
  );
  assert.equal(long.requests.length, 11);
  const loop = cannedTransport((_request, at) => ({
    status: 302,
    headers: { location: at % 2 === 0 ? '/1' : '/0#x' },
  }));
  await assert.rejects(followRedirects()(loop.send)({ method: 'GET', url }), failsWith('REDIRECT_REFUSED', /a loop/));
  assert.equal(loop.requests.length, 2);
});

test('a Location that is no http URL is BAD_RESPONSE', async () => {
  for (const to of [
    '',
    'file:///etc/passwd',
    'data:text/plain,x',
    'ftp://a.example/',
    'javascript:alert(1)',
    'http://',
    'https://a b/',
    'https://[::1',
    'http:///',
    ['/a', '/b'],
  ]) {
    await assert.rejects(follow({ from: 'http://a.example/', to }), failsWith('BAD_RESPONSE', /Location/), String(to));
  }
  const none = cannedTransport(() => ({ status: 302 }));
  await assert.rejects(
    followRedirects()(none.send)({ method: 'GET', url: new URL('https://a.example/?q=secret') }),
    (error: Error) => failsWith('BAD_RESPONSE', /no Location/)(error) && !error.message.includes('secret'),
  );
});

test('a Location brings no credentials of its own, no fragment, and UTF-8 as it is meant', async () => {
  const { response } = await follow({ from: 'https://a.example/', to: 'https://u:p@b.example/x#y' });
  assert.equal(response.url.href, 'https://b.example/x');
  const utf8 = await follow({ from: 'https://a.example/', to: Buffer.from('/é').toString('latin1') });
  assert.equal(utf8.response.url.pathname, '/%C3%A9');
});

test('a public server cannot point into the private network', async () => {
  for (const [from, to, address, allowed] of [
    ['http://r.example/', 'http://10.0.0.1/', '203.0.113.1', false],
    ['http://r.example/', 'http://127.0.0.1:2375/', '203.0.113.1', false],
    ['http://r.example/', 'http://localhost/', '203.0.113.1', false],
    ['http://r.example/', 'http://0x7f000001/', '203.0.113.1', false],
    ['http://r.example/', 'http://[::ffff:192.168.0.1]/', '203.0.113.1', false],
    ['http://r.example/', 'http://10.0.0.1/', '10.9.9.9', true],
    ['http://r.example/', 'http://127.0.0.1:9/', '::ffff:127.0.0.1', true],
    ['http://10.0.0.1/', 'http://10.0.0.1:81/', '203.0.113.1', true],
    ['http://r.example/', 'http://169.254.169.254/', '10.0.0.1', false],
    ['http://127.0.0.1/', 'http://169.254.169.254/latest', '127.0.0.1', false],
    ['http://127.0.0.1/', 'http://metadata.google.internal/', '127.0.0.1', false],
    ['http://169.254.169.254/a', '/b', '169.254.169.254', true],
    ['http://r.example/', 'http://198.51.100.1/', '203.0.113.1', true],
  ] as const) {
    const following = follow({ from, to, address });
    if (allowed) assert.equal((await following).response.status, 200, `${from} to ${to}`);
    else
      await assert.rejects(
        following,
        failsWith('REDIRECT_REFUSED', /private address|metadata service/),
        `${from} to ${to}`,
      );
  }
});

test('through a proxy the address is unknown, and a name alone is public', async () => {
  const canned = cannedTransport((_request, at) =>
    at === 0 ? { status: 302, headers: { location: 'http://10.0.0.1/' } } : { status: 200 },
  );
  const send = followRedirects()(canned.send);
  await assert.rejects(
    send({ method: 'GET', url: new URL('http://r.example/') }),
    failsWith('REDIRECT_REFUSED', /private/),
  );
});

test('over sockets: another port gets no secrets, and the connection of the first is used again', async (t) => {
  const target = await rawServer(ok('there'));
  const first = await rawServer((socket) =>
    socket.write(ok('moved', `Location: ${target.url('/t').href}\r\n`, '307 Temporary Redirect')),
  );
  const client = createTransport();
  t.after(async () => {
    client.close();
    await Promise.all([first.close(), target.close()]);
  });
  const seen = recording();
  const send = compose(followRedirects(), seen.middleware)(client.send);
  for (let at = 0; at < 2; at++) {
    const response = await send({
      method: 'GET',
      url: first.url('/'),
      headers: { authorization: 'Bearer s', range: 'bytes=1-' },
    });
    assert.equal(response.url.href, target.url('/t').href);
    await response.body.discard();
  }
  assert.equal(first.connections.length, 1);
  assert.match(first.requests[0]?.head ?? '', /authorization/);
  assert.doesNotMatch(target.requests[0]?.head ?? '', /authorization/i);
  assert.match(target.requests[0]?.head ?? '', /range: bytes=1-/);
  assert.deepEqual(
    seen.requests.map(({ method, status }) => `${method} ${status}`),
    ['GET 307', 'GET 200', 'GET 307', 'GET 200'],
  );
});
