import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect, createServer as createRawServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connectTo, ending, eventually, failure, get, listen, portOf } from './engine-server.test.fixture.ts';

const NO_AUTHENTICATION = Buffer.from([5, 0]);
const GRANTED = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
const REFUSED = Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]);

/** A SOCKS5 proxy that leads everywhere to `port`; its port, and the names that it was asked for. */
async function socksTo(t: TestContext, port: number | undefined): Promise<{ port: number; names: string[] }> {
  const names: string[] = [];
  const proxy = createRawServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.once('data', () => {
      socket.write(NO_AUTHENTICATION);
      socket.once('data', (request: Buffer) => {
        names.push(request.toString('latin1', 5, 5 + (request[4] ?? 0)));
        if (port === undefined) return void socket.end(REFUSED);
        const onward = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
          socket.write(GRANTED);
          socket.pipe(onward).pipe(socket);
        });
      });
    });
  });
  await listen(t, proxy);
  return { port: portOf(proxy), names };
}

test('an engine is asked, and its connections taken over, through a SOCKS proxy', async (t) => {
  const engine = createServer((request, response) => void response.end(JSON.stringify({ url: request.url })));
  engine.on('upgrade', (_, socket: Socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.pipe(socket);
  });
  await listen(t, engine);
  const socks = await socksTo(t, portOf(engine));
  const proxy = { http: `socks5://127.0.0.1:${socks.port}` };
  const connection = connectTo(t, { host: 'tcp://engine.example', version: '1.47', proxy });
  assert.deepEqual(await connection.json(get('/info')), { url: '/v1.47/info' });
  assert.deepEqual(await connection.json(get('/info')), { url: '/v1.47/info' });
  const { stream } = await connection.takeOver({ method: 'POST', path: '/x' });
  stream.end('echo');
  assert.equal(await ending(stream), 'echo');
  assert.deepEqual(socks.names, ['engine.example', 'engine.example']);
});

test('a proxy that refuses, and one that is silent until it is given up', async (t) => {
  const refusing = await socksTo(t, undefined);
  const at = (port: number): ReturnType<typeof connectTo> =>
    connectTo(t, { host: 'tcp://engine.example', proxy: { http: `socks5://me:s3cret@127.0.0.1:${port}` } });
  await assert.rejects(at(refusing.port).json(get('/info')), failure('CONNECT_FAILED', /the proxy socks5:.*NO_PROXY/s));
  const silent = createRawServer((socket: Socket) => void socket.resume());
  const sockets = await listen(t, silent);
  const stop = new AbortController();
  const sent = assert.rejects(at(portOf(silent)).send({ ...get('/x'), signal: stop.signal }), failure('CANCELLED'));
  await eventually(() => sockets.length === 1);
  stop.abort();
  await sent;
  await eventually(() => sockets[0]?.destroyed === true);
});

test('a connection that is not there in time is given up', async (t) => {
  const silent = createRawServer((socket: Socket) => void socket.resume());
  const sockets = await listen(t, silent);
  const connection = connectTo(t, {
    host: `tcp://127.0.0.1:${portOf(silent)}`,
    tls: {},
    connectTimeout: 50,
  });
  await assert.rejects(connection.json(get('/info')), failure('CONNECT_FAILED', /no connection within 0.05 s/));
  await eventually(() => sockets.every(({ destroyed }) => destroyed));
});
