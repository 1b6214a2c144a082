import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lstat, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Listener, type ListenOptions, listen } from './listen.ts';
import type { ListenAddress } from './listen-address.ts';

const ANY: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

async function started(handler: ListenOptions['handler']): Promise<Listener> {
  return listen({ address: ANY, handler });
}

function portOf({ address }: Listener): number {
  assert.ok(address.kind === 'tcp');
  return address.port;
}

/** A connection, and all that it is told until it ends. */
async function dial(listener: Listener): Promise<{ readonly socket: Socket; readonly told: Promise<string> }> {
  const socket = connect({ port: portOf(listener), host: '127.0.0.1' });
  const told = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('error', () => {});
    socket.once('close', () => resolve(text));
  });
  await once(socket, 'connect');
  return { socket, told };
}

test('what is no request is answered, and the connection ends', async () => {
  const listener = await started((_message, response) => response.end('ok'));
  for (const [sent, status] of [
    ['nonsense\r\n\r\n', 400],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
    ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ] as const) {
    const { socket, told } = await dial(listener);
    socket.write(sent);
    assert.match(await told, new RegExp(`^HTTP/1\\.1 ${status} `), sent.slice(0, 30));
  }
  assert.equal(await listener.close(), 0);
});

test('who asks for a tunnel and goes away harms nobody, who stays is sent away, and who cannot be taken is not', async () => {
  const listener = await started((_message, response) => response.end('ok'));
  const tunnel = 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n';
  const rude = await dial(listener);
  const asked = once(listener.server, 'connect');
  rude.socket.write(tunnel);
  await asked;
  rude.socket.resetAndDestroy();
  const deaf = connect({ port: portOf(listener), host: '127.0.0.1', allowHalfOpen: true });
  const told = once(deaf.resume(), 'end');
  deaf.write(tunnel);
  await told;
  const { server } = listener;
  while ((await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))) > 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  deaf.destroy();
  server.emit('error', new Error('accept EMFILE'));
  const other = await dial(listener);
  other.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(await other.told, /200 OK/);
  await listener.close();
});

test('what is no request is not answered in the middle of an answer', async () => {
  const answers: (() => void)[] = [];
  const listener = await started((message, response) => {
    if (message.url === '/1') response.write('begun');
    answers.push(() => response.end('<end>'));
  });
  const { socket, told } = await dial(listener);
  socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n');
  const text = await told;
  assert.doesNotMatch(text, /400 Bad Request/);
  assert.equal(answers.length, 2);
  await listener.close();
});

test('half of a head holds nobody up, and not for long', async () => {
  const listener = await started((_message, response) => response.end('ok'));
  assert.equal(listener.server.headersTimeout, 20_000);
  assert.equal(listener.server.requestTimeout, 0, 'a push may take longer');
  const all = await Promise.all(Array.from({ length: 200 }, () => dial(listener)));
  for (const { socket } of all) socket.write('GET / HTTP/1.1\r\nHost');
  const other = await dial(listener);
  other.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(await other.told, /200 OK/);
  await listener.close();
  for (const { told } of all) assert.equal(await told, '');
});

test('an upgrade is a request like others, and requests may stand in one line', async () => {
  const listener = await started((message, response) => response.end(`<${message.url}>`));
  const { socket, told } = await dial(listener);
  socket.write('GET /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  await once(socket, 'data');
  socket.write('GET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.deepEqual([...(await told).matchAll(/<.*?>/g)].map(String), ['</1>', '</2>', '</3>']);
  await listener.close();
});

test('who is refused at the head sends no body', async () => {
  const listener = await started((message, response) => {
    if (message.url === '/taken') response.writeContinue();
    else response.writeHead(401);
    message.resume().once('end', () => response.end());
    if (message.url !== '/taken') response.end();
  });
  const ask = async (path: string): Promise<{ readonly continued: boolean; readonly status: number | undefined }> => {
    const sent = request({
      port: portOf(listener),
      path,
      method: 'PUT',
      headers: { expect: '100-continue' },
      agent: false,
    });
    let continued = false;
    sent.once('continue', () => {
      continued = true;
      sent.end('body');
    });
    sent.flushHeaders();
    sent.on('error', () => {});
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    sent.destroy();
    return { continued, status: response.statusCode };
  };
  assert.deepEqual(await ask('/taken'), { continued: true, status: 200 });
  assert.deepEqual(await ask('/refused'), { continued: false, status: 401 });
  await listener.close();
});

test('closing ends what is idle at once, and lets answers end', async () => {
  let answer = (): void => {};
  const listener = await started((message, response) => {
    if (message.url === '/quick') response.end('quick');
    else answer = () => response.end('slow');
  });
  const silent = await dial(listener);
  const half = await dial(listener);
  half.socket.write('GET /half HTTP/1.1\r\n');
  const idle = await dial(listener);
  idle.socket.write('GET /quick HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(idle.socket, 'data');
  const busy = await dial(listener);
  const asked = once(listener.server, 'request');
  busy.socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  await asked;

  const closed = listener.close();
  await Promise.all([silent.told, half.told, idle.told]);
  const late = connect({ port: portOf(listener), host: '127.0.0.1' });
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
  answer();
  const told = await busy.told;
  assert.match(told, /slow/);
  assert.match(told, /connection: close/i);
  assert.equal(await closed, 0);
});

test('what does not end in time, or not before somebody is in a hurry, is cut and counted', async () => {
  for (const how of ['timeout', 'hurry', 'already'] as const) {
    const listener = await started((_message, response) => void response.write('begun'));
    const busy = await dial(listener);
    busy.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(busy.socket, 'data');
    const hurry = new AbortController();
    if (how === 'already') hurry.abort();
    const closed = listener.close(how === 'timeout' ? { timeout: 30 } : { hurry: hurry.signal });
    if (how === 'hurry') hurry.abort();
    assert.equal(await closed, 1, how);
    await busy.told;
  }
});

test('a place that is taken is told of, with what to do next', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  const taken: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: address.port };
  await assert.rejects(
    listen({ address: taken, handler: () => {} }),
    (error: Error & { code?: string; hint?: string }) => {
      assert.equal(error.code, 'BUSY');
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${address.port}`));
      assert.match(error.hint ?? '', /another port/);
      return true;
    },
  );
  other.close();
  const nowhere: ListenAddress = { kind: 'tcp', host: '192.0.2.1', port: 0 };
  await assert.rejects(listen({ address: nowhere, handler: () => {} }), { code: 'INVALID_OPTION' });
});

test('a socket in the file system is for owner and group, and outlives no server', {
  skip: process.platform === 'win32',
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dray-socket-'));
  const path = join(folder, 's');
  const address: ListenAddress = { kind: 'unix', path };
  try {
    const one = await listen({ address, handler: (_message, response) => response.end('one') });
    assert.equal((await lstat(path)).mode & 0o777, 0o660);
    await assert.rejects(listen({ address, handler: () => {} }), { code: 'BUSY' }, 'a server that lives keeps it');
    await one.close();
    await assert.rejects(lstat(path), { code: 'ENOENT' });

    await writeFile(path, 'a file of somebody');
    await assert.rejects(listen({ address, handler: () => {} }), { code: 'IO_FAILED', message: /that is no socket$/ });
    assert.ok((await lstat(path)).isFile(), 'what is no socket stays');

    const nowhere: ListenAddress = { kind: 'unix', path: join(folder, 'missing', 's') };
    const missing = { code: 'IO_FAILED', message: /there is no folder .*missing$/ };
    await assert.rejects(listen({ address: nowhere, handler: () => {} }), missing);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
