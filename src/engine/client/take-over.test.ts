import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect, createServer as createRawServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { DrayError, type ErrorCode } from '#errors';
import { RAW_STREAM_TYPE } from '../api/raw-stream.ts';
import type { EngineRequest } from './connection.ts';
import {
  connectTo,
  ending,
  eventually,
  listen,
  portOf,
  requestHead,
  startRawServer,
  startServer,
} from './engine-server.test.fixture.ts';

const ATTACH: EngineRequest = { method: 'POST', path: '/containers/x/attach', query: { stream: true } };

const HEADS: Readonly<Record<string, string>> = {
  'a change of protocol': `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${RAW_STREAM_TYPE}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
  'a plain 200, as from older engines': `HTTP/1.1 200 OK\r\nContent-Type: ${RAW_STREAM_TYPE}\r\n\r\n`,
  'news before it': `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 UPGRADED\r\nContent-Type: ${RAW_STREAM_TYPE}\r\n\r\n`,
};

for (const [name, head] of Object.entries(HEADS)) {
  test(`after ${name} both sides talk, nothing is lost, and each ends alone`, async (t) => {
    const heads: string[] = [];
    const got: Promise<string>[] = [];
    const server = await startRawServer(t, (socket) =>
      requestHead(socket, (request, rest) => {
        heads.push(request + rest.toString());
        // one write: what comes with the head belongs to the stream
        socket.write(`${head}at once `);
        got.push(
          ending(socket).then((said) => {
            socket.end('after your end');
            return said;
          }),
        );
      }),
    );
    const connection = connectTo(t, { host: server.host, version: '1.47' });
    const { contentType, stream } = await connection.takeOver(ATTACH);
    assert.equal(contentType, RAW_STREAM_TYPE);
    stream.write('hello ');
    stream.end('there');
    assert.equal(await ending(stream), 'at once after your end');
    assert.equal(await got[0], 'hello there');
    assert.match(heads[0] ?? '', /^POST \/v1\.47\/containers\/x\/attach\?stream=1 HTTP\/1\.1\r\n/);
    for (const line of ['Connection: Upgrade', 'Upgrade: tcp', 'Content-Length: 0', 'Host: api.moby.localhost']) {
      assert.ok(heads[0]?.includes(`\r\n${line}`), line);
    }
  });
}

test('the other side may end first', async (t) => {
  const got: Promise<string>[] = [];
  const server = await startRawServer(t, (socket) =>
    requestHead(socket, () => {
      socket.end(`${HEADS['a change of protocol']}bye`);
      got.push(ending(socket));
    }),
  );
  const { stream } = await connectTo(t, { host: server.host }).takeOver(ATTACH);
  assert.equal(await ending(stream), 'bye');
  stream.end('I go on');
  assert.equal(await got[0], 'I go on');
});

test('a head in pieces, and a body that is sent with the request', async (t) => {
  const server = await startRawServer(t, (socket) =>
    requestHead(socket, (_, rest) => {
      const bytes = Buffer.from(`${HEADS['a change of protocol']}${rest.toString()}`);
      const next = (at: number): void => {
        if (at === bytes.length) return void socket.end();
        socket.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
      };
      next(0);
    }),
  );
  const { stream } = await connectTo(t, { host: server.host }).takeOver({ ...ATTACH, json: { Tty: true } });
  assert.equal(await ending(stream), '{"Tty":true}');
});

test('it works with what node:http hands over', async (t) => {
  const server = createServer();
  server.on('upgrade', (_, socket: Socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.pipe(socket);
  });
  await listen(t, server);
  const { stream, contentType } = await connectTo(t, { host: `tcp://127.0.0.1:${portOf(server)}` }).takeOver(ATTACH);
  assert.equal(contentType, '');
  stream.end('echo');
  assert.equal(await ending(stream), 'echo');
});

const REFUSALS: readonly (readonly [name: string, answer: string, code: ErrorCode, words: RegExp])[] = [
  [
    'an error',
    'HTTP/1.1 404 Not Found\r\nContent-Length: 31\r\n\r\n{"message":"No such container"}',
    'NOT_FOUND',
    /No such container/,
  ],
  [
    'one in chunks',
    'HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"messag\r\n7\r\ne":"a"}\r\n0\r\n\r\n',
    'CONFLICT',
    /409 .*: a$/m,
  ],
  ['one without length', 'HTTP/1.1 500 Oh\r\n\r\nbroken', 'SERVER_FAILED', /broken/],
  ['a cut one', 'HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n{"mess', 'NOT_FOUND', /404/],
  ['nothing to talk over', 'HTTP/1.1 204 No Content\r\n\r\n', 'BAD_RESPONSE', /does not hand/],
  ['no HTTP', 'SSH-2.0\r\n', 'BAD_RESPONSE', /no HTTP.*SSH/],
  ['half a head', 'HTTP/1.1 101', 'CONNECTION_LOST', /before it answered/],
  ['nothing', '', 'CONNECTION_LOST', /before it answered/],
];

for (const [name, answer, code, words] of REFUSALS) {
  test(`${name} in place of a connection`, async (t) => {
    const server = await startRawServer(t, (socket) => requestHead(socket, () => socket.end(answer)));
    await assert.rejects(connectTo(t, { host: server.host }).takeOver(ATTACH), (error: unknown) => {
      assert.ok(error instanceof DrayError);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      return true;
    });
    await eventually(() => server.sockets[0]?.destroyed === true);
  });
}

test('cancelling closes the connection, before the answer and long after', async (t) => {
  const server = await startRawServer(t, (socket) =>
    requestHead(socket, (head) => {
      socket.resume();
      if (!head.includes('/never')) socket.write(HEADS['a change of protocol'] ?? '');
    }),
  );
  const connection = connectTo(t, { host: server.host });
  const stop = new AbortController();
  const never = connection.takeOver({ ...ATTACH, path: '/never', signal: stop.signal });
  const { stream } = await connection.takeOver({ ...ATTACH, signal: stop.signal });
  const closed = new Promise((resolve) => stream.once('close', resolve));
  const refused = assert.rejects(never, (error: unknown) => error instanceof DrayError && error.code === 'CANCELLED');
  await eventually(() => server.sockets.length === 2);
  stop.abort();
  await Promise.all([closed, refused]);
  await eventually(() => server.sockets.every(({ readableEnded, destroyed }) => readableEnded || destroyed));
});

test('a header that would be two is refused', async (t) => {
  const server = await startServer(t, () => {});
  const headers = { 'X-A': 'b\r\nX-C: d' };
  await assert.rejects(connectTo(t, { host: server.host }).takeOver({ ...ATTACH, headers }), (error: unknown) => {
    return error instanceof DrayError && error.code === 'INVALID_OPTION';
  });
  assert.deepEqual(server.asked, []);
});

test('through an HTTP proxy it goes by a tunnel', async (t) => {
  const engine = createRawServer({ allowHalfOpen: true }, (socket) =>
    requestHead(socket, (head) => {
      socket.write(`${HEADS['a change of protocol']}${head.split('\r\n')[0]}|`);
      socket.pipe(socket);
    }),
  );
  const proxy = createServer();
  proxy.on('connect', (request, client: Socket) => {
    assert.equal(request.url, 'engine.example:2375');
    const onward = connect({ port: portOf(engine), host: '127.0.0.1', allowHalfOpen: true }, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(onward).pipe(client);
    });
  });
  await Promise.all([listen(t, engine), listen(t, proxy)]);
  const http = `http://127.0.0.1:${portOf(proxy)}`;
  const connection = connectTo(t, { host: 'tcp://engine.example', version: '1.47', proxy: { http } });
  const { stream } = await connection.takeOver(ATTACH);
  stream.end('hi');
  assert.equal(await ending(stream), 'POST /v1.47/containers/x/attach?stream=1 HTTP/1.1|hi');
});
