import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { DrayError, type ErrorCode } from '#errors';
import type { EngineRequest } from './connection.ts';
import {
  connectTo,
  eventually,
  failure,
  get,
  listen,
  portOf,
  startRawServer,
  startServer,
} from './engine-server.test.fixture.ts';
import { openConnection } from './open-connection.ts';

const ok = (response: ServerResponse): void => void response.end('{"ok":true}');

const TARGETS: readonly (readonly [request: Partial<EngineRequest> & { readonly path: string }, target: string])[] = [
  [{ path: '/images/localhost:5000/a/b:1@sha256:00/json' }, '/v1.47/images/localhost:5000/a/b:1@sha256:00/json'],
  [{ path: '/images/a b?c#d%/json' }, '/v1.47/images/a%20b%3Fc%23d%25/json'],
  [{ path: '/containers/é\u0000\r\n\ud800/json' }, '/v1.47/containers/%C3%A9%00%0D%0A%EF%BF%BD/json'],
  [{ path: '/_ping', versioned: false }, '/_ping'],
  [
    { path: '/x', query: { a: true, b: false, c: undefined, d: 0, e: ['1', '2 &'], f: '{"x":1}', g: [] } },
    '/v1.47/x?a=1&d=0&e=1&e=2+%26&f=%7B%22x%22%3A1%7D',
  ],
];

for (const [request, target] of TARGETS) {
  test(`${JSON.stringify(request)} asks for ${target}`, async (t) => {
    const server = await startServer(t, (_, response) => ok(response));
    await connectTo(t, { host: server.host, version: '1.47' }).json({ method: 'GET', ...request });
    assert.deepEqual(server.asked, [`GET ${target}`]);
  });
}

test('a path that leads elsewhere is refused before anything is sent', async (t) => {
  const server = await startServer(t, (_, response) => ok(response));
  const connection = connectTo(t, { host: server.host });
  for (const path of ['/images/../containers/json', '/images/./json', 'images', '/images/..']) {
    await assert.rejects(connection.send(get(path)), failure('INVALID_OPTION', /leads elsewhere/));
  }
  assert.deepEqual(server.sockets, []);
});

test('a time that no timer can wait is refused', () => {
  for (const time of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
    assert.throws(() => openConnection({ timeout: time }), failure('INVALID_OPTION', /timeout .* cannot be/));
    assert.throws(() => openConnection({ connectTimeout: time }), failure('INVALID_OPTION', /connectTimeout/));
  }
  openConnection({ timeout: 1, connectTimeout: 2 ** 31 - 1 }).close();
});

test('headers: those of the options, those of the request before them, in whatever case', async (t) => {
  const seen: Readonly<Record<string, unknown>>[] = [];
  const server = await startServer(t, (request, response) => {
    seen.push(request.headers);
    ok(response);
  });
  const headers = Object.freeze({ 'X-Meta': 'a', 'x-registry-auth': 'old', 'USER-AGENT': 'mine' });
  const connection = connectTo(t, Object.freeze({ host: server.host, headers }));
  await connection.json({ ...get('/x'), headers: { 'X-Registry-Auth': 'new' } });
  const { 'x-meta': meta, 'x-registry-auth': auth, 'user-agent': agent, host } = seen[0] ?? {};
  assert.deepEqual({ meta, auth, agent, host }, { meta: 'a', auth: 'new', agent: 'mine', host: 'api.moby.localhost' });
  for (const header of ['s3cret\r\nX-B: 1', undefined as unknown as string]) {
    const bad = connection.send({ ...get('/x'), headers: { 'X-A': header } });
    await assert.rejects(bad, failure('INVALID_OPTION'));
  }
});

test('one connection is used for one request after the other, and holds nothing open', async (t) => {
  const server = await startServer(t, (request, response) => void request.resume().on('end', () => ok(response)));
  const connection = connectTo(t, { host: server.host });
  for (let at = 0; at < 5; at++) await connection.json({ method: at % 2 === 0 ? 'GET' : 'POST', path: '/x' });
  assert.equal(server.sockets.length, 1);
  connection.close();
  await eventually(() => server.sockets[0]?.destroyed === true);
  await connection.json(get('/x'));
});

test('a refusal of HEAD leaves nothing open', async (t) => {
  const server = await startRawServer(t, (socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 20\r\n\r\n'));
  });
  const connection = connectTo(t, { host: server.host });
  const asked = (): Promise<unknown> => connection.send({ method: 'HEAD', path: '/x' });
  for (let at = 0; at < 3; at++) await assert.rejects(asked, failure('NOT_FOUND'));
  connection.close();
  await eventually(() => server.sockets.every((socket) => socket.readableEnded));
});

test('a GET over a kept connection that is closed meanwhile is asked again; a POST is not', async (t) => {
  const server = await startServer(t, (request, response) => {
    if (request.socket.listenerCount('asked') > 0) return void request.socket.destroy();
    request.socket.once('asked', () => {});
    request.resume().on('end', () => ok(response));
  });
  const connection = connectTo(t, { host: server.host });
  await connection.json(get('/x'));
  await connection.json(get('/x'));
  assert.equal(server.asked.length, 3);
  await assert.rejects(connection.json({ method: 'POST', path: '/x' }), failure('CONNECTION_LOST'));
  assert.equal(server.asked.length, 4);
});

test('a JSON body has its length, one that streams has none, and its chunks may be one buffer', async (t) => {
  const bodies: string[] = [];
  const server = await startServer(t, (request, response) => {
    const { 'content-length': length, 'content-type': type, 'transfer-encoding': encoding } = request.headers;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(`${type} ${length} ${encoding} ${Buffer.concat(chunks).toString()}`);
      ok(response);
    });
  });
  async function* reused(): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = Buffer.alloc(3);
    for (const text of ['abc', '', 'def']) yield buffer.subarray(0, buffer.write(text));
  }
  const connection = connectTo(t, { host: server.host });
  await connection.json({ method: 'POST', path: '/x', json: { a: 'é' } });
  await connection.json({ method: 'POST', path: '/x', body: reused(), contentType: 'application/x-tar' });
  await connection.json({ method: 'POST', path: '/x' });
  assert.deepEqual(bodies, [
    'application/json 10 undefined {"a":"é"}',
    'application/x-tar undefined chunked abcdef',
    'undefined 0 undefined ',
  ]);
});

const FAILURES: readonly (readonly [name: string, error: Error, code: ErrorCode])[] = [
  ['its own error', new DrayError('DISK_FULL', 'the archive cannot be read'), 'DISK_FULL'],
  ['the one of a file', new Error('ENOENT: no such file, the archive'), 'IO_FAILED'],
];

for (const [name, error, code] of FAILURES) {
  test(`a body that fails ends the request with ${name}`, async (t) => {
    let closed = 0;
    const server = await startServer(t, (request) => void request.resume().on('close', () => closed++));
    async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.from('a');
      await eventually(() => server.asked.length === 1);
      throw error;
    }
    const sent = connectTo(t, { host: server.host }).send({ method: 'POST', path: '/x', body: failing() });
    await assert.rejects(sent, failure(code, /the archive/));
    await eventually(() => closed === 1);
  });
}

test('an answer may come, and end, while the body is still being sent', async (t) => {
  let given = 0;
  let returned = false;
  async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        given++;
        yield Buffer.alloc(65_536);
      }
    } finally {
      returned = true;
    }
  }
  const server = await startServer(t, (_, response) => {
    response.writeHead(400, { 'Content-Type': 'application/json' }).end('{"message":"no archive"}');
  });
  const sent = connectTo(t, { host: server.host }).send({ method: 'POST', path: '/x', body: endless() });
  await assert.rejects(sent, failure('INVALID_OPTION', /no archive/));
  await eventually(() => returned);
  assert.ok(given > 0);
});

test('a prefix stands before each path', async (t) => {
  const server = createServer((request, response) => void response.end(JSON.stringify({ url: request.url })));
  await listen(t, server);
  const connection = connectTo(t, { host: `tcp://127.0.0.1:${portOf(server)}/proxy/`, version: '1.40' });
  assert.deepEqual(await connection.json(get('/info')), { url: '/proxy/v1.40/info' });
});

test('plain requests go through an HTTP proxy with their whole address', async (t) => {
  const seen: unknown[] = [];
  const proxy = createServer((request, response) => {
    seen.push([request.url, request.headers.host, request.headers['proxy-authorization']]);
    ok(response);
  });
  await listen(t, proxy);
  const http = `http://me:pw@127.0.0.1:${portOf(proxy)}`;
  const connection = connectTo(t, { host: 'tcp://engine.example:2375', version: '1.40', proxy: { http } });
  await connection.json(get('/info'));
  const authorization = `Basic ${Buffer.from('me:pw').toString('base64')}`;
  assert.deepEqual(seen, [['http://engine.example:2375/v1.40/info', 'engine.example:2375', authorization]]);
});
