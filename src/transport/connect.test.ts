import assert from 'node:assert/strict';
import { connect, Socket } from 'node:net';
import { test } from 'node:test';
import { AllFailed, race } from './dial.ts';
import { closed, ok, rawServer } from './fixtures/raw-server.test.fixture.ts';
import { failsWith, scene } from './fixtures/scene.test.fixture.ts';
import { createTransport } from './transport.ts';

const never = new AbortController().signal;

test('a port where nobody listens is CONNECT_FAILED, refused for good', async (t) => {
  const { get, server } = await scene(t, ok('x'));
  await server.close();
  await assert.rejects(get(), (error: Error & { hint?: string }) => {
    failsWith('CONNECT_FAILED', /^cannot connect to 127\.0\.0\.1:\d+: refused the connection$/, {
      host: '127.0.0.1',
      port: server.port,
      phase: 'connect',
      tlsEstablished: false,
      definite: true,
    })(error);
    assert.match(error.hint ?? '', /running/);
    return true;
  });
});

test('a name that nobody has is CONNECT_FAILED for good', async (t) => {
  const client = createTransport();
  t.after(() => client.close());
  await assert.rejects(
    client.send({ method: 'GET', url: new URL('http://no-such-host.invalid:5000/') }),
    // Without any name server at hand the system cannot tell that the name does not exist.
    failsWith(
      'CONNECT_FAILED',
      /^cannot connect to no-such-host\.invalid:5000: (no host has the name|the address of)/,
      {
        phase: 'connect',
        port: 5000,
      },
    ),
  );
});

test('all addresses of a name are tried, and all named when they fail', async (t) => {
  const server = await rawServer(ok('x'), { host: '127.0.0.1' });
  const client = createTransport();
  t.after(() => client.close());
  const url = new URL(`http://localhost:${server.port}/`);
  await (await client.send({ method: 'GET', url })).body.discard();
  client.close();
  await server.close();
  await assert.rejects(
    client.send({ method: 'GET', url }),
    failsWith('CONNECT_FAILED', /^cannot connect to localhost:\d+: .*127\.0\.0\.1 refused the connection/),
  );
});

test('IPv6 hosts are asked in brackets', async (t) => {
  const server = await rawServer(ok('x'), { host: '::1' }).catch(() => undefined);
  const client = createTransport();
  t.after(async () => {
    client.close();
    await server?.close();
  });
  if (server === undefined) {
    t.diagnostic('this machine has no IPv6 loopback: what is left to test is that the address is tried');
    await assert.rejects(
      client.send({ method: 'GET', url: new URL('http://[::1]:1/') }),
      failsWith('CONNECT_FAILED', /\[::1\]:1/),
    );
    return;
  }
  const response = await client.send({ method: 'GET', url: new URL(`http://[::1]:${server.port}/`) });
  await response.body.discard();
  assert.equal(response.remoteAddress, '::1');
  assert.match(server.requests[0]?.head ?? '', /Host: \[::1\]:\d+/);
});

test('the race goes on to the next address when one fails, or takes its time, and ends the losers', async (t) => {
  const server = await rawServer(ok('x'));
  t.after(() => server.close());
  const opened: Socket[] = [];
  const open = (address: string): { readonly socket: Socket } => {
    const socket = address === 'silent' ? new Socket() : connect(address === 'good' ? server.port : 1, '127.0.0.1');
    opened.push(socket);
    return { socket };
  };
  const reaches = async (racing: Promise<{ readonly socket: Socket }>): Promise<void> => {
    const { socket } = await racing;
    assert.equal(socket.remotePort, server.port);
    socket.destroy();
  };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  // No time passes: a failure does not wait.
  await reaches(race(['bad', 'bad', 'good'], open, never));
  opened.length = 0;
  const racing = race(['silent', 'good'], open, never);
  t.mock.timers.tick(249);
  assert.equal(opened.length, 1, 'a silent one has its head start');
  t.mock.timers.tick(1);
  assert.equal(opened.length, 2);
  await reaches(racing);
  t.mock.timers.reset();
  assert.ok(opened.every((socket) => socket.destroyed));
  await assert.rejects(
    race(['bad', 'bad'], open, never),
    (error) => error instanceof AllFailed && error.failures.length === 2,
  );
  await assert.rejects(race([], open, never), AllFailed);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(race(['silent'], open, controller.signal), failsWith('CANCELLED', /cancelled/));
  assert.ok(opened.every((socket) => socket.destroyed));
});

test('a TLS server that never shakes hands is CONNECT_FAILED when the time is up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  // The time is up once the handshake has begun, and not before.
  const { server } = await scene(t, '', {
    server: { onConnection: (socket) => socket.once('data', () => t.mock.timers.tick(80)) },
  });
  const client = createTransport({ connectTimeout: 80 });
  await assert.rejects(
    client.send({ method: 'GET', url: new URL(`https://127.0.0.1:${server.port}/`) }),
    failsWith('CONNECT_FAILED', /no connection within 0\.08 s \(the TLS handshake\)/, {
      phase: 'tls',
      tlsEstablished: false,
    }),
  );
  assert.equal(server.connections.length, 1);
  await closed(server.connections[0]);
});

test('cancelling ends a handshake at once', async (t) => {
  const controller = new AbortController();
  const { server, client } = await scene(t, '', {
    server: { onConnection: (socket) => socket.once('data', () => controller.abort()) },
  });
  await assert.rejects(
    client.send({ method: 'GET', url: new URL(`https://127.0.0.1:${server.port}/`), signal: controller.signal }),
    failsWith('CANCELLED', /cancelled/),
  );
  await closed(server.connections[0]);
});

test('credentials in a URL are not sent', async (t) => {
  const { client, server } = await scene(t, ok('x'));
  const url = server.url('/');
  url.username = 'user';
  url.password = 'secret';
  await (await client.send({ method: 'GET', url })).body.discard();
  assert.doesNotMatch(server.requests[0]?.head ?? '', /user:|secret|authorization/i);
});
