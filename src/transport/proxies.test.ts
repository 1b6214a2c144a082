import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readAll } from '#bytes';
import { authority, server as serverKey } from './fixtures/certificates.test.fixture.ts';
import { ok, type RawAnswer, type RawServer, rawServer } from './fixtures/raw-server.test.fixture.ts';
import { failsWith } from './fixtures/scene.test.fixture.ts';
import { steadyClock } from './fixtures/steady-clock.test.fixture.ts';
import { createTransport } from './transport.ts';
import type { TransportOptions } from './types.ts';

const big = Buffer.alloc(3_000_000, 'b');

/** A CONNECT proxy; `refusal` is said in place of the tunnel. */
function connectProxy(refusal?: (head: string) => string | undefined): RawAnswer {
  return (socket, { head }) => {
    const no = refusal?.(head);
    if (no !== undefined) return void socket.end(no);
    const [, port = ''] = /^CONNECT \S+:(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    tunnel(socket, Number(port), 'HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n');
  };
}

function tunnel(socket: Socket, port: number, answer: string | Buffer): void {
  socket.removeAllListeners('data');
  const onward = connect(port, '127.0.0.1', () => {
    socket.write(answer);
    socket.pipe(onward).pipe(socket);
  });
  onward.on('error', () => socket.destroy());
  socket.on('close', () => onward.destroy());
}

interface SocksLog {
  readonly targets: string[];
  readonly users: string[];
}

/** A SOCKS5 server (RFC 1928, 1929) that takes its words in any pieces. */
function socksServer(
  log: SocksLog,
  options: { readonly password?: string; readonly reply?: number } = {},
): (socket: Socket) => void {
  return (socket) => {
    let kept = Buffer.alloc(0);
    const steps: ((bytes: Buffer) => number)[] = [];
    const greet = (bytes: Buffer): number => {
      const methods = bytes[1] ?? 0;
      if (bytes.length < 2 + methods) return 0;
      const method = options.password === undefined ? 0 : 2;
      const offered = bytes.subarray(2, 2 + methods).includes(method);
      socket.write(Buffer.from([5, offered ? method : 0xff]));
      steps.push(...(options.password === undefined ? [] : [authenticate]), request);
      return 2 + methods;
    };
    const authenticate = (bytes: Buffer): number => {
      const nameEnd = 2 + (bytes[1] ?? 255);
      const end = nameEnd + 1 + (bytes[nameEnd] ?? 255);
      if (bytes.length < end) return 0;
      const user = `${bytes.toString('utf8', 2, nameEnd)}:${bytes.toString('utf8', nameEnd + 1, end)}`;
      log.users.push(user);
      socket.write(Buffer.from([1, user === options.password ? 0 : 1]));
      return end;
    };
    const request = (bytes: Buffer): number => {
      const kind = bytes[3];
      const length = kind === 1 ? 4 : kind === 4 ? 16 : 1 + (bytes[4] ?? 255);
      if (bytes.length < 4 + length + 2) return 0;
      const address = bytes.subarray(4, 4 + length);
      const port = bytes.readUInt16BE(4 + length);
      log.targets.push(`${kind === 3 ? address.toString('latin1', 1) : `${kind}:${address.toString('hex')}`}:${port}`);
      // A reply with a name as its address: its length must be read.
      const answer = Buffer.concat([
        Buffer.from([5, options.reply ?? 0, 0, 3, 2]),
        Buffer.from('me'),
        Buffer.from([0, 80]),
      ]);
      if (options.reply === undefined) tunnel(socket, port, answer);
      else socket.end(answer);
      return 4 + length + 2;
    };
    steps.push(greet);
    socket.on('data', (data: Buffer) => {
      kept = Buffer.concat([kept, data]);
      for (let used = steps[0]?.(kept) ?? 0; used > 0; used = steps[0]?.(kept) ?? 0) {
        kept = kept.subarray(used);
        steps.shift();
        if (steps.length === 0) return;
      }
    });
  };
}

interface ProxyScene {
  readonly proxy: RawServer;
  readonly plain: RawServer;
  readonly secure: RawServer;
  /** GETs from the plain or the secure server; text and the address it seems to come from. */
  get(
    which: 'plain' | 'secure',
    proxyUrl: string,
    more?: TransportOptions,
  ): Promise<{ length: number; from: string | undefined }>;
}

async function proxyScene(
  t: TestContext,
  answer: RawAnswer,
  onConnection?: (socket: Socket) => void,
): Promise<ProxyScene> {
  const proxy = await rawServer(answer, { onConnection });
  const plain = await rawServer(ok(big));
  const secure = await rawServer(ok(big), { tls: serverKey });
  const clients: ReturnType<typeof createTransport>[] = [];
  t.after(async () => {
    for (const client of clients) client.close();
    await Promise.all([proxy.close(), plain.close(), secure.close()]);
  });
  return {
    proxy,
    plain,
    secure,
    get: async (which, proxyUrl, more = {}) => {
      const target = which === 'plain' ? plain : secure;
      const client = createTransport({
        proxy: { http: proxyUrl, https: proxyUrl, loopback: true },
        tls: { [`localhost:${target.port}`]: { ca: [authority] } },
        ...more,
      });
      clients.push(client);
      let result = { length: 0, from: undefined as string | undefined };
      for (let at = 0; at < 2; at++) {
        const { body, remoteAddress } = await client.send({ method: 'GET', url: target.url('/x') });
        const bytes = at === 0 ? await readAll(body, 1e7, 'b') : await iterate(body);
        assert.ok(Buffer.from(bytes).equals(big));
        result = { length: bytes.length, from: remoteAddress };
      }
      return result;
    },
  };
}

async function iterate(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

test('https goes through an HTTP proxy by CONNECT, one tunnel for all', async (t) => {
  const { get, proxy, secure } = await proxyScene(t, connectProxy());
  const { from } = await get('secure', `http://us%40er:p%3Ass@127.0.0.1:${proxy.port}`);
  assert.equal(from, undefined);
  assert.equal(proxy.requests.length, 1);
  assert.equal(secure.requests.length, 2);
  assert.match(
    proxy.requests[0]?.head ?? '',
    new RegExp(
      `^CONNECT localhost:${secure.port} HTTP/1.1\r\nHost: localhost:${secure.port}\r\nUser-Agent: dray\r\nProxy-Authorization: Basic ${Buffer.from('us@er:p:ss').toString('base64')}$`,
    ),
  );
  assert.doesNotMatch(secure.requests[0]?.head ?? '', /proxy/i);
});

test('plain http goes through an HTTP proxy request by request, with the whole URL', async (t) => {
  const { get, proxy, plain } = await proxyScene(t, (socket) => socket.write(ok(big)));
  const { from } = await get('plain', `http://u:p@127.0.0.1:${proxy.port}`);
  assert.equal(from, undefined);
  assert.equal(plain.requests.length, 0);
  assert.equal(proxy.connections.length, 1);
  assert.match(proxy.requests[0]?.head ?? '', new RegExp(`^GET http://127.0.0.1:${plain.port}/x HTTP/1.1\r\n`));
  assert.match(proxy.requests[0]?.head ?? '', /\r\nProxy-Authorization: Basic dTpw$/);
});

test('an https proxy is spoken to by TLS, for plain and for TLS inside of TLS', async (t) => {
  const tunneling = connectProxy();
  const answer: RawAnswer = (socket, request) => {
    if (request.head.startsWith('CONNECT') && typeof tunneling === 'function') tunneling(socket, request);
    else socket.write(ok(big));
  };
  const proxy = await rawServer(answer, { tls: serverKey });
  t.after(() => proxy.close());
  const { get, secure, plain } = await proxyScene(t, '');
  const tls = {
    [`localhost:${proxy.port}`]: { ca: [authority] },
    [`localhost:${secure.port}`]: { ca: [authority] },
  };
  await get('secure', `https://localhost:${proxy.port}`, { tls });
  await get('plain', `https://localhost:${proxy.port}`, { tls });
  assert.equal(secure.requests.length, 2);
  assert.equal(plain.requests.length, 0);
  await assert.rejects(get('secure', `https://localhost:${proxy.port}`), failsWith('TLS_FAILED', /authority/));
});

test('SOCKS5 carries plain and TLS, with and without a password, and finds names itself', async (t) => {
  const log: SocksLog = { targets: [], users: [] };
  const open = await proxyScene(t, '', socksServer(log));
  await open.get('secure', `socks5h://127.0.0.1:${open.proxy.port}`);
  await open.get('plain', `socks5://user:pass@127.0.0.1:${open.proxy.port}`);
  assert.deepEqual(log.targets, [`localhost:${open.secure.port}`, `1:7f000001:${open.plain.port}`]);
  assert.deepEqual(log.users, []);
  const locked = await proxyScene(t, '', socksServer(log, { password: 'user:pass' }));
  await locked.get('plain', `socks5h://user:pass@127.0.0.1:${locked.proxy.port}`);
  assert.deepEqual(log.users, ['user:pass']);
  const client = createTransport({ proxy: { http: `socks5://127.0.0.1:${open.proxy.port}` } });
  t.after(() => client.close());
  await assert.rejects(client.send({ method: 'GET', url: new URL('http://[2001:db8::f1]:1/') }));
  assert.equal(log.targets.at(-1), '4:20010db80000000000000000000000f1:1');
});

test('a SOCKS proxy’s refusals are CONNECT_FAILED with its reason', async (t) => {
  const log: SocksLog = { targets: [], users: [] };
  const bytes =
    (...values: number[]): ((socket: Socket) => void) =>
    (socket) =>
      void socket.write(Buffer.from(values));
  const cases: readonly (readonly [(socket: Socket) => void, string, RegExp, boolean])[] = [
    [socksServer(log, { reply: 5 }), '', /the proxy socks5:\/\/127\.0\.0\.1:\d+ was refused the connection$/, false],
    [socksServer(log, { reply: 2 }), '', /does not allow this connection/, true],
    [socksServer(log, { reply: 77 }), '', /failed \(77\)/, false],
    [socksServer(log, { password: 'a:b' }), '', /wants credentials/, true],
    [socksServer(log, { password: 'a:b' }), 'a:secret@', /refused the credentials/, true],
    [bytes(0x48, 0x54), '', /cannot be understood: it does not speak SOCKS5/, false],
    [bytes(5, 0, 4, 0, 0, 1), '', /version 4/, false],
    [bytes(5, 0, 5, 0, 0, 9, 0, 0), '', /unknown kind of address/, false],
    [bytes(5, 0, 5, 0, 0, 1, 1, 1, 1, 1, 0, 80, 99), '', /more than the answer/, false],
    [(socket) => void socket.end(Buffer.from([5])), '', / closed the connection$/, false],
  ];
  for (const [serve, user, about, definite] of cases) {
    const { get, proxy } = await proxyScene(t, '', serve);
    await assert.rejects(get('plain', `socks5://${user}127.0.0.1:${proxy.port}`), (error: Error) => {
      failsWith('CONNECT_FAILED', about, { definite, phase: 'connect' })(error);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

test('an HTTP proxy’s refusals are CONNECT_FAILED with its reason', async (t) => {
  for (const [answer, about, definite] of [
    ['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', /wants other credentials/, true],
    ['HTTP/1.1 403 No \u001b[31mway\r\n\r\n', /cannot be understood/, false],
    ['HTTP/1.1 403 No way\r\nContent-Length: 9\r\n\r\nforbidden', /answered 403 No way$/, true],
    ['HTTP/1.1 502 Bad Gateway\r\n\r\n', /answered 502 Bad Gateway$/, false],
    ['HTTP/1.1 200 OK\r\n\r\nsurprise', /more than the answer/, false],
    ['SSH-2.0\r\n', /cannot be understood: it begins with/, false],
    ['', / closed the connection$/, false],
  ] as const) {
    const { get, proxy } = await proxyScene(
      t,
      connectProxy(() => answer),
    );
    await assert.rejects(get('secure', `http://u:secret@127.0.0.1:${proxy.port}`), (error: Error) => {
      failsWith('CONNECT_FAILED', about, { definite, proxy: `http://127.0.0.1:${proxy.port}` })(error);
      assert.match(error.message, /^cannot connect to localhost:\d+: the proxy http:\/\/127\.0\.0\.1:\d+ /);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

test('a proxy that is not there, or says nothing, is named', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  // The time is up once the proxy has been asked, and not before.
  const { get, proxy } = await proxyScene(t, '', (socket) => socket.once('data', () => t.mock.timers.tick(80)));
  await assert.rejects(
    get('secure', `http://127.0.0.1:${proxy.port}`, {
      proxy: { https: `http://127.0.0.1:${proxy.port}`, loopback: true },
      connectTimeout: 80,
    }),
    failsWith('CONNECT_FAILED', /no connection within 0\.08 s \(waiting for the proxy http:\/\/127/),
  );
  t.mock.timers.reset();
  await proxy.close();
  await assert.rejects(
    get('secure', `http://127.0.0.1:${proxy.port}`),
    failsWith(
      'CONNECT_FAILED',
      /^cannot connect to the proxy http:\/\/127\.0\.0\.1:\d+ \(for localhost:\d+\): refused/,
    ),
  );
});

test('a body cut, stalled or cancelled in a tunnel fails as without one', async (t) => {
  const answers: readonly RawAnswer[] = [
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nxxx'),
    'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nxxx',
  ];
  const proxy = await rawServer(connectProxy());
  const secure = await rawServer(
    (socket, request) => {
      const answer = answers[Math.min(request.at, 1)];
      if (typeof answer === 'function') answer(socket, request);
      else socket.write(answer ?? '');
    },
    { tls: serverKey },
  );
  const client = createTransport({
    proxy: { https: `http://127.0.0.1:${proxy.port}`, loopback: true },
    tls: { [`localhost:${secure.port}`]: { ca: [authority] } },
    stallTimeout: 100,
    clock: steadyClock(),
  });
  t.after(async () => {
    client.close();
    await Promise.all([proxy.close(), secure.close()]);
  });
  const pour = async (signal?: AbortSignal): Promise<void> =>
    (await client.send({ method: 'GET', url: secure.url('/'), signal })).body.pour(() => undefined);
  await assert.rejects(pour(), failsWith('CONNECTION_LOST', /after 3 of 50 bytes/, { tlsEstablished: true }));
  await assert.rejects(pour(), failsWith('STALLED', /less than 1 KiB/));
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 60);
  await assert.rejects(pour(controller.signal), failsWith('CANCELLED', /cancelled/));
});
