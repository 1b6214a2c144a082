import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { closed, ok } from './fixtures/raw-server.test.fixture.ts';
import { failsWith, scene } from './fixtures/scene.test.fixture.ts';
import { Pool } from './pool.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a hundred requests one after the other take one connection', async (t) => {
  const { text, server } = await scene(t, ok('x'));
  for (let at = 0; at < 100; at++) assert.equal(await text(`/${at}`), 'x');
  assert.equal(server.requests.length, 100);
  assert.equal(server.connections.length, 1);
});

test('twenty at once take twenty, and at most sixteen of them are kept', async (t) => {
  const { text, server } = await scene(t, (socket) => setTimeout(() => socket.write(ok('x')), 30));
  assert.deepEqual(
    await Promise.all(Array.from({ length: 20 }, () => text())),
    Array.from({ length: 20 }, () => 'x'),
  );
  assert.equal(server.connections.length, 20);
  const open = (): number => server.connections.filter((socket) => !socket.destroyed).length;
  while (open() > 16) await pause(1);
  assert.equal(open(), 16);
  await Promise.all(Array.from({ length: 16 }, () => text()));
  assert.equal(server.connections.length, 20);
});

test('an unread body keeps its connection from everybody else', async (t) => {
  const { get, text, server } = await scene(t, (socket, { at }) =>
    socket.write(at === 0 ? ok(Buffer.alloc(1_000_000)) : ok('x')),
  );
  const first = await get();
  assert.equal(await text(), 'x');
  assert.equal(server.connections.length, 2);
  let received = 0;
  await first.body.pour((chunk) => void (received += chunk.length));
  assert.equal(received, 1_000_000);
});

test('connections that say they end, or that say too much, are not used again', async (t) => {
  const answers = [
    ok('x', 'Connection: close\r\n'),
    ok('x', 'Connection: keep-alive, Close\r\n'),
    Buffer.from('HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx'),
    Buffer.concat([ok('x'), Buffer.from('y')]),
    Buffer.concat([ok('x'), ok('not asked for')]),
    Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nmore'),
    ok('x', 'Keep-Alive: timeout=1\r\n'),
  ];
  const { text, server } = await scene(t, (socket, { at }) => socket.write(answers[at] ?? ok('x')));
  for (let at = 0; at <= answers.length; at++) assert.equal(await text(), 'x');
  assert.equal(server.connections.length, answers.length + 1);
});

test('HTTP/1.0 with keep-alive is used again', async (t) => {
  const { text, server } = await scene(t, 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx');
  assert.equal(await text(), 'x');
  assert.equal(await text(), 'x');
  assert.equal(server.connections.length, 1);
});

test('bytes or an end on an idle connection drop it', async (t) => {
  const { text, server } = await scene(t, ok('x'));
  for (const spoil of ['write', 'end', 'resetAndDestroy'] as const) {
    await text();
    const socket = server.connections.at(-1);
    assert.ok(socket);
    if (spoil === 'write') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    else socket[spoil]();
    await closed(socket);
  }
  assert.equal(await text(), 'x');
  assert.equal(server.connections.length, 4);
});

test('a kept connection that the server closes on the next request is replaced once, unseen', async (t) => {
  const { text, get, server } = await scene(t, (socket, { connection }) => {
    const before = server.requests.filter((request) => request.connection === connection).length;
    if (before === 1) socket.write(ok('x'));
    else socket.destroy();
  });
  assert.equal(await text('/0'), 'x');
  for (const [at, method] of (['GET', 'PUT', 'DELETE'] as const).entries()) {
    const response = await get(`/${at + 1}`, { method });
    await response.body.discard();
    assert.equal(response.status, 200);
  }
  assert.equal(server.requests.length, 7);
  await assert.rejects(get('/', { method: 'POST' }), failsWith('CONNECTION_LOST', /before it answered/));
  assert.equal(server.requests.length, 8);
});

test('half an answer on a kept connection is not asked for again', async (t) => {
  const { text, server } = await scene(t, (socket, { at }) =>
    at === 0 ? socket.write(ok('x')) : socket.end('HTTP/1.1 2'),
  );
  assert.equal(await text(), 'x');
  await assert.rejects(text(), failsWith('CONNECTION_LOST', /before it answered/));
  assert.equal(server.requests.length, 2);
});

test('a new connection that is closed is not tried again', async (t) => {
  const { text, server } = await scene(t, (socket) => socket.destroy());
  await assert.rejects(text(), failsWith('CONNECTION_LOST', /before it answered/));
  assert.equal(server.requests.length, 1);
});

test('closing ends idle connections at once and the others after their exchange', async (t) => {
  const { get, text, client, server } = await scene(t, (socket, { at }) =>
    socket.write(at === 0 ? ok(Buffer.alloc(1_000_000)) : ok('x')),
  );
  const busy = await get();
  await text();
  client.close();
  await closed(server.connections[1]);
  assert.equal(server.connections[0]?.destroyed, false);
  await busy.body.pour(() => undefined);
  await closed(server.connections[0]);
});

test('idle connections do not keep a process alive', async (t) => {
  const { server } = await scene(t, ok('x'));
  const program = `
    import { createTransport } from ${JSON.stringify(new URL(import.meta.url.endsWith('.ts') ? 'transport.ts' : 'transport.js', import.meta.url).href)};
    const { body } = await createTransport().send({ method: 'GET', url: new URL(${JSON.stringify(server.origin)}) });
    await body.pour(() => undefined);
    console.log(process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).join() || 'none');`;
  const child = spawn(
    process.execPath,
    [...process.execArgv.filter((arg) => arg.startsWith('--conditions')), '--input-type=module', '-e', program],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: new URL('.', import.meta.url),
    },
  );
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.equal(output.trim(), 'none');
});

test('the pool gives the connection that was used last', () => {
  const made = (name: string): never =>
    ({
      name,
      facts: { origin: 'o' },
      socket: { ref: () => 0, unref: () => 0 },
      resume: () => 0,
      destroy: () => 0,
    }) as never;
  const pool = new Pool();
  pool.give(made('a'));
  pool.give(made('b'));
  assert.equal((pool.take('o') as { name?: string } | undefined)?.name, 'b');
  assert.equal(pool.take('other'), undefined);
  pool.close();
  assert.equal(pool.take('o'), undefined);
});
