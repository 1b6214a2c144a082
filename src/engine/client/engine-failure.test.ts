import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DrayError, ErrorCode } from '#errors';
import {
  connectTo,
  failure,
  get,
  listen,
  portOf,
  requestHead,
  startRawServer,
  startServer,
  temporaryFolder,
  textOf,
} from './engine-server.test.fixture.ts';

const STATUSES: readonly (readonly [status: number, code: ErrorCode])[] = [
  [400, 'INVALID_OPTION'],
  [401, 'UNAUTHORIZED'],
  [403, 'DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'CONFLICT'],
  [418, 'BAD_RESPONSE'],
  [429, 'TOO_MANY_REQUESTS'],
  [500, 'SERVER_FAILED'],
  [501, 'UNSUPPORTED'],
  [503, 'SERVER_FAILED'],
];

test('what is missing may be said in words; other words are no engine’s', async (t) => {
  const said = ['No such container: web\n', '404 page not found'];
  const server = await startServer(t, (_, response) => void response.writeHead(404).end(said.shift()));
  const connection = connectTo(t, { host: server.host });
  await assert.rejects(connection.send(get('/x')), { code: 'NOT_FOUND', hint: undefined });
  await assert.rejects(connection.send(get('/x')), failure('NOT_FOUND', /is it an engine/));
});

for (const [status, code] of STATUSES) {
  test(`${status} is ${code}, with the engine's message`, async (t) => {
    const server = await startServer(t, (_, response) => {
      response.writeHead(status).end(JSON.stringify({ message: 'No such image: \u001b[31mx\n' }));
    });
    const sent = connectTo(t, { host: server.host }).send({ ...get('/images/x/json'), query: { a: 's3cret' } });
    await assert.rejects(sent, (error: unknown) => {
      failure(code, /GET \/images\/x\/json: No such image: x/)(error);
      assert.deepEqual((error as DrayError).detail, { status, message: 'No such image: \u001b[31mx' });
      return true;
    });
  });
}

test('what answers 404 in other words than an engine may be none', async (t) => {
  const server = await startServer(t, (_, response) => void response.writeHead(404).end('404 page not found\n'));
  await assert.rejects(
    connectTo(t, { host: server.host }).send(get('/info')),
    failure('NOT_FOUND', /404 page not found[^]*is it an engine/),
  );
});

const BODIES: readonly (readonly [name: string, body: string, words: RegExp])[] = [
  ['HTML', '<!doctype html><title>Bad Gateway</title><p>nginx', /a page in HTML \(Bad Gateway\)/],
  ['text', 'page not found\n', /: page not found/],
  ['other JSON', '["x"]', /: \["x"\]/],
  ['nothing', '', /without a word/],
  ['too much', 'x'.repeat(3_000_000), /x{900}…/],
];

for (const [name, body, words] of BODIES) {
  test(`a refusal in ${name} is told`, async (t) => {
    const server = await startServer(t, (_, response) => void response.writeHead(502).end(body));
    await assert.rejects(connectTo(t, { host: server.host }).send(get('/info')), (error: unknown) => {
      failure('SERVER_FAILED', words)(error);
      return JSON.stringify((error as DrayError).detail).length < 20_000;
    });
  });
}

test('a version that the engine does not take is explained', async (t) => {
  const server = await startServer(t, (_, response) => {
    response.writeHead(400).end('{"message":"client version 1.51 is too new. Maximum supported API version is 1.47"}');
  });
  await assert.rejects(connectTo(t, { host: server.host }).send(get('/info')), failure('INVALID_OPTION', /negotiate/));
});

test('not modified is an answer, and a redirect is not followed', async (t) => {
  const server = await startServer(t, (request, response) => {
    response.writeHead(request.url?.endsWith('/start') === true ? 304 : 301, { Location: '/elsewhere' }).end();
  });
  const connection = connectTo(t, { host: server.host });
  const answer = await connection.send({ method: 'POST', path: '/containers/x/start' });
  assert.equal(answer.status, 304);
  assert.equal(await textOf(answer), '');
  await assert.rejects(connection.send(get('/x')), failure('BAD_RESPONSE'));
});

const TALK: readonly (readonly [name: string, bytes: string, code: ErrorCode, words: RegExp])[] = [
  ['nothing', '', 'CONNECTION_LOST', /before it answered/],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-', 'CONNECTION_LOST', /before it answered/],
  ['no HTTP', 'SSH-2.0-OpenSSH_9\r\n', 'BAD_RESPONSE', /no HTTP.*SSH-2/],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(20_000)}`, 'BAD_RESPONSE', /too long/],
  ['a short body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a"', 'CONNECTION_LOST', /middle of its answer/],
  ['cut chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"', 'CONNECTION_LOST', /middle/],
  ['wrong chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'BAD_RESPONSE', /no HTTP/],
  ['no JSON', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>', 'BAD_RESPONSE', /no JSON.*<html>/],
  ['an empty answer', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'BAD_RESPONSE', /it is empty/],
];

for (const [name, bytes, code, words] of TALK) {
  test(`${name} in place of an answer`, async (t) => {
    const server = await startRawServer(t, (socket) => requestHead(socket, () => socket.end(bytes)));
    await assert.rejects(
      connectTo(t, { host: server.host }).json({ method: 'POST', path: '/x' }),
      failure(code, words),
    );
  });
}

test('nobody at a socket, in each way, is said with what to do', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), '');
  const left = createServer();
  const at = (path: string): Promise<unknown> => connectTo(t, { host: `unix://${path}` }).json(get('/info'));
  await assert.rejects(
    at(join(folder, 'none')),
    failure('CONNECT_FAILED', /none: nothing listens there.*no such socket[^]*DOCKER_HOST/),
  );
  await assert.rejects(at(join(folder, 'file')), failure('CONNECT_FAILED'));
  await assert.rejects(at(join(folder, 'file', 'x')), failure('CONNECT_FAILED', /no folder/));
  await assert.rejects(at(join(folder, 'x'.repeat(300))), failure('CONNECT_FAILED', /too long/));
  const sockets = await listen(t, left);
  assert.deepEqual(sockets, []);
  const port = portOf(left);
  await new Promise((resolve) => left.close(resolve));
  const refused = connectTo(t, { host: `tcp://127.0.0.1:${port}` }).json(get('/info'));
  await assert.rejects(refused, failure('CONNECT_FAILED', /refused/));
});
