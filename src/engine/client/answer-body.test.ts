import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import {
  connectTo,
  eventually,
  failure,
  get,
  requestHead,
  startRawServer,
  startServer,
  textOf,
} from './engine-server.test.fixture.ts';

test('100 and other news before the answer are passed over', async (t) => {
  const news = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n';
  const server = await startRawServer(t, (socket) =>
    requestHead(socket, () => socket.end(`${news}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`)),
  );
  assert.deepEqual(await connectTo(t, { host: server.host }).json({ method: 'POST', path: '/x' }), {});
});

test('objects come as they are sent; leaving closes the connection', async (t) => {
  const server = await startServer(t, (_, response) => void response.write('{"a":1}\r\n{"a":2}\r\n{"a"'));
  for await (const object of connectTo(t, { host: server.host }).objects<{ a: number }>(get('/events'))) {
    if (object.a === 2) break;
  }
  await eventually(() => server.sockets[0]?.destroyed === true);
});

test('a body that is given up unread closes the connection', async (t) => {
  const server = await startServer(t, (_, response) => void response.write('x'));
  const { body } = await connectTo(t, { host: server.host }).send(get('/x'));
  await body[Symbol.asyncIterator]().return?.();
  await eventually(() => server.sockets[0]?.destroyed === true);
});

test('objects that are cut off fail', async (t) => {
  const server = await startServer(t, (_, response) => {
    response.write('{"a":1}{"a"', () => response.destroy());
  });
  const found: object[] = [];
  const all = async (): Promise<void> => {
    for await (const object of connectTo(t, { host: server.host }).objects(get('/events'))) found.push(object);
  };
  await assert.rejects(all(), failure('CONNECTION_LOST', /middle/));
  assert.deepEqual(found, [{ a: 1 }]);
});

test('cancelling closes the connection, before the answer and in it', async (t) => {
  const server = await startServer(t, (request, response) => {
    if (request.url?.endsWith('/begun') === true) response.write('x');
  });
  const connection = connectTo(t, { host: server.host });
  const stop = new AbortController();
  const unanswered = connection.send({ ...get('/never'), signal: stop.signal });
  const begun = await connection.send({ ...get('/begun'), signal: stop.signal });
  const read = textOf(begun);
  await eventually(() => server.asked.length === 2);
  stop.abort();
  await assert.rejects(unanswered, failure('CANCELLED'));
  await assert.rejects(read, failure('CANCELLED'));
  await eventually(() => server.sockets.every(({ destroyed }) => destroyed));
  await assert.rejects(connection.send({ ...get('/x'), signal: stop.signal }), failure('CANCELLED'));
  assert.equal(server.asked.length, 2);
});

test('an engine that is silent has stalled, where that is asked for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const responses: ServerResponse[] = [];
  const server = await startServer(t, (request, response) => {
    responses.push(response);
    if (request.url?.endsWith('/begun') === true) response.write('x');
  });
  const connection = connectTo(t, { host: server.host, timeout: 5000 });
  const never = assert.rejects(connection.send(get('/never')), failure('STALLED', /nothing came for 5 s/));
  await eventually(() => responses.length === 1);
  t.mock.timers.tick(5000);
  await never;
  const chunks = (await connection.send(get('/begun'))).body[Symbol.asyncIterator]();
  await chunks.next();
  const next = assert.rejects(chunks.next(), failure('STALLED'));
  t.mock.timers.tick(5000);
  await next;
  await eventually(() => server.sockets.every(({ destroyed }) => destroyed));
  const patient = connection.json({ ...get('/patient'), timeout: false });
  await eventually(() => responses.length === 3);
  t.mock.timers.tick(1_000_000);
  responses[2]?.end('{}');
  assert.deepEqual(await patient, {});
});

test('a reader, and a body, that take their time are no silence of the engine', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = await startServer(t, (request, response) => {
    request.resume().on('end', () => response.end(Buffer.alloc(1_000_000)));
  });
  async function* slow(): AsyncGenerator<Uint8Array, void, undefined> {
    yield Buffer.from('a');
    await eventually(() => server.asked.length === 1);
    t.mock.timers.tick(5000);
    yield Buffer.from('b');
  }
  const connection = connectTo(t, { host: server.host, timeout: 5000 });
  let length = 0;
  for await (const chunk of (await connection.send({ method: 'POST', path: '/x', body: slow() })).body) {
    if (length === 0) t.mock.timers.tick(5000);
    length += chunk.length;
  }
  assert.equal(length, 1_000_000);
});

test('a large answer passes at the pace of its reader', async (t) => {
  let written = 0;
  const server = await startServer(t, (_, response) => {
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (written < 200_000_000) {
        written += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const { body } = await connectTo(t, { host: server.host }).send(get('/x'));
  for await (const _ of body) break;
  assert.ok(written < 20_000_000, `${written} bytes were taken`);
});
