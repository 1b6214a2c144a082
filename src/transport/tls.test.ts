import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { DrayError } from '#errors';
import {
  authority,
  client as clientKey,
  expired,
  otherAuthority,
  server as serverKey,
  wrongName,
} from './fixtures/certificates.test.fixture.ts';
import { ok, type RawServer, rawServer } from './fixtures/raw-server.test.fixture.ts';
import { failsWith } from './fixtures/scene.test.fixture.ts';
import { createTransport } from './transport.ts';
import type { HttpClient, TlsSettings, TransportOptions } from './types.ts';

interface TlsScene {
  readonly server: RawServer;
  /** GET of a small or a large body, by a client of its own. */
  get(
    settings: TlsSettings,
    more?: TransportOptions & { readonly host?: string; readonly path?: string },
  ): Promise<number>;
  client(settings: TlsSettings, more?: TransportOptions): HttpClient;
}

const large = Buffer.alloc(4_000_000, 'l');

async function tlsScene(t: TestContext, options: TlsOptions = serverKey): Promise<TlsScene> {
  const server = await rawServer((socket, { head }) => socket.write(ok(head.startsWith('GET /large') ? large : 'x')), {
    tls: options,
  });
  const clients: HttpClient[] = [];
  t.after(async () => {
    for (const each of clients) each.close();
    await server.close();
  });
  const client: TlsScene['client'] = (settings, more = {}) => {
    const tls = { [`localhost:${server.port}`]: settings, [`127.0.0.1:${server.port}`]: settings };
    const made = createTransport({ tls, ...more });
    clients.push(made);
    return made;
  };
  const get: TlsScene['get'] = async (settings, { host = 'localhost', path = '/', ...more } = {}) => {
    const url = new URL(`https://${host}:${server.port}${path}`);
    let received = 0;
    await (await client(settings, more).send({ method: 'GET', url })).body.pour(
      (chunk) => void (received += chunk.length),
    );
    return received;
  };
  return { server, get, client };
}

const secure = (server: RawServer, at: number): TLSSocket => server.connections[at] as TLSSocket;

test('a server is trusted by its authority; name, protocol and large bodies are right', async (t) => {
  const { get, server } = await tlsScene(t, { ...serverKey, ALPNProtocols: ['h2', 'http/1.1'] });
  assert.equal(await get({ ca: [authority] }, { path: '/large' }), large.length);
  assert.equal(await get({ ca: [otherAuthority, authority] }, { host: '127.0.0.1' }), 1);
  assert.equal(secure(server, 0).alpnProtocol, 'http/1.1');
  assert.equal((secure(server, 0) as { servername?: unknown }).servername, 'localhost');
  assert.equal((secure(server, 1) as { servername?: unknown }).servername, false, 'an address is no server name');
});

test('what is wrong with a certificate is said, with what to do', async (t) => {
  for (const [key, settings, about, hint] of [
    [serverKey, {}, /authority that is not known here/, /--ca FILE/],
    [serverKey, { ca: [otherAuthority] }, /authority that is not known here/, /--ca FILE.*--insecure/],
    [wrongName, { ca: [authority] }, /for other names \(registry\.example\)/, /--insecure/],
    [expired, { ca: [authority] }, /has expired/, /clock/],
  ] as const) {
    const { get, server } = await tlsScene(t, key);
    await assert.rejects(get(settings), (error: DrayError) => {
      failsWith('TLS_FAILED', about, { host: 'localhost', port: server.port, phase: 'tls', tlsEstablished: true })(
        error,
      );
      assert.match(error.message, /^no secure connection to localhost:\d+: its certificate/);
      assert.match(error.hint ?? '', hint);
      assert.equal(error.detail['plainHttp'], undefined);
      return true;
    });
    assert.equal(server.requests.length, 0);
    assert.equal(await get({ insecure: true }), 1);
  }
});

test('a client certificate is shown where one is given', async (t) => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { get } = await tlsScene(t, {
      ...serverKey,
      ca: [otherAuthority],
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: version,
      maxVersion: version,
    });
    assert.equal(await get({ ca: [authority], ...clientKey }), 1);
    await assert.rejects(get({ ca: [authority] }), (error: DrayError) => {
      // Depending on who is faster, the server's alert or its end of the connection is seen first.
      assert.match(error.code, /^(TLS_FAILED|CONNECTION_LOST|CONNECT_FAILED)$/, error.message);
      if (error.code === 'TLS_FAILED') assert.match(error.hint ?? '', /client certificate/);
      return true;
    });
  }
});

test('certificates that cannot be used are INVALID_CONFIGURATION and name the host', async (t) => {
  const { get } = await tlsScene(t);
  for (const [settings, about] of [
    [{ ca: ['nonsense'] }, /no certificate in PEM form/],
    [{ cert: clientKey.cert }, /needs its key/],
    [{ key: clientKey.key }, /needs its key/],
    [{ cert: clientKey.cert, key: 'nonsense' }, /cannot be used/],
    [{ cert: clientKey.cert, key: serverKey.key }, /cannot be used/],
  ] as const) {
    await assert.rejects(get(settings), (error: DrayError) => {
      failsWith('INVALID_CONFIGURATION', about)(error);
      assert.match(error.message, /localhost:\d+/);
      return true;
    });
  }
});

test('a plain http server on the port is recognised, so that the caller can decide', async (t) => {
  const http = createHttpServer((_request, response) => response.end('plain'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const raw = await rawServer('', {
    onConnection: (socket) =>
      void socket.once('data', () => socket.end('HTTP/1.0 400 Bad Request\r\n\r\nplain http request expected\r\n')),
  });
  const banner = await rawServer('', {
    onConnection: (socket) => void socket.write('SSH-2.0-OpenSSH_9.2p1 Debian\r\n'),
  });
  const client = createTransport();
  t.after(async () => {
    client.close();
    http.close();
    await Promise.all([raw.close(), banner.close()]);
  });
  for (const port of [(http.address() as AddressInfo).port, raw.port, banner.port]) {
    await assert.rejects(
      client.send({ method: 'GET', url: new URL(`https://127.0.0.1:${port}/`) }),
      failsWith('TLS_FAILED', /does not speak TLS/, { plainHttp: true, tlsEstablished: false, phase: 'tls' }),
    );
  }
});

test('a server that ends the handshake is CONNECT_FAILED, one that refuses it TLS_FAILED', async (t) => {
  const closing = await rawServer('', { onConnection: (socket) => socket.end() });
  const resetting = await rawServer('', {
    onConnection: (socket) => void socket.once('data', () => socket.resetAndDestroy()),
  });
  const old = await rawServer(ok('x'), { tls: { ...serverKey, ALPNProtocols: ['h2'] } });
  const client = createTransport({ tls: { [`localhost:${old.port}`]: { ca: [authority] } } });
  t.after(async () => {
    client.close();
    await Promise.all([closing.close(), resetting.close(), old.close()]);
  });
  for (const { port } of [closing, resetting]) {
    await assert.rejects(
      client.send({ method: 'GET', url: new URL(`https://localhost:${port}/`) }),
      failsWith('CONNECT_FAILED', /during the TLS handshake/, { phase: 'tls', tlsEstablished: false }),
    );
  }
  await assert.rejects(
    client.send({ method: 'GET', url: old.url('/') }),
    failsWith('TLS_FAILED', /the server refuses \(.*ALERT.*\)/, { tlsEstablished: true }),
  );
});

test('plain http to a TLS port is an answer that is no HTTP', async (t) => {
  const { server, client } = await tlsScene(t);
  await assert.rejects(
    client({}).send({ method: 'GET', url: new URL(`http://127.0.0.1:${server.port}/`) }),
    (error: DrayError) => {
      if (error.code !== 'CONNECTION_LOST') failsWith('BAD_RESPONSE', /it is TLS, not plain http/)(error);
      return true;
    },
  );
});

test('a second connection resumes the session of the first', async (t) => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { client, server } = await tlsScene(t, { ...serverKey, maxVersion });
    const { send } = client({ ca: [authority] });
    const request = { method: 'GET', url: server.url('/large') } as const;
    await (await send(request)).body.pour(() => undefined);
    // Two at once: the kept connection and a new one.
    await Promise.all([send(request), send(request)].map(async (sent) => (await sent).body.pour(() => undefined)));
    assert.deepEqual(
      server.connections.map((_, at) => secure(server, at).isSessionReused()),
      [false, true],
      maxVersion,
    );
  }
});

test('roots from files are read when Node’s own do not suffice, and only then cost a second handshake', async (t) => {
  const { client, server, get } = await tlsScene(t);
  const folder = await mkdtemp(join(tmpdir(), 'dray-trust-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'roots.pem');
  await writeFile(file, `# ours\n${otherAuthority}\n${authority}`);
  const settings: readonly TransportOptions[] = [
    { trust: { system: false, file } },
    { trust: { system: true, folders: ['/no/such/folder', folder] } },
  ];
  for (const options of settings) {
    const { send } = client({}, options);
    const before = server.connections.length;
    for (let at = 0; at < 2; at++) {
      const response = await send({ method: 'GET', url: server.url('/'), headers: { accept: String(at) } });
      await response.body.discard();
    }
    // The attempt that failed never became a connection in the server's eyes, or one without a request.
    assert.ok(server.connections.length - before <= 2);
  }
  assert.equal(server.requests.length, 4);
  await assert.rejects(get({}, { trust: { system: true } }), failsWith('TLS_FAILED', /authority/));
});

test('connections that begin together all look at the other roots', async (t) => {
  const { client, server } = await tlsScene(t);
  const folder = await mkdtemp(join(tmpdir(), 'dray-trust-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'roots.pem'), authority);
  const { send } = client({}, { trust: { system: false, folders: [folder] } });
  const answers = await Promise.all(Array.from({ length: 6 }, () => send({ method: 'GET', url: server.url('/') })));
  for (const { status, body } of answers) {
    await body.discard();
    assert.equal(status, 200);
  }
});

test('a host with authorities of its own is still vouched for by the roots', async (t) => {
  const { get } = await tlsScene(t);
  const folder = await mkdtemp(join(tmpdir(), 'dray-trust-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'roots.pem'), authority);
  const trust = { system: false, file: join(folder, 'roots.pem') };
  assert.equal(await get({ ca: [otherAuthority] }, { trust }), 1);
  assert.equal(await get({ ca: [authority] }, { trust }), 1);
  await assert.rejects(get({ ca: [otherAuthority] }), failsWith('TLS_FAILED', /authority/));
});

test('a trust file that cannot be read is an error that names it, at the first TLS connection', async (t) => {
  const { get, server } = await tlsScene(t);
  const client = createTransport({ trust: { system: false, file: '/no/such/roots.pem' } });
  t.after(() => client.close());
  const missing = { trust: { system: false, file: '/no/such/roots.pem' } };
  const empty = { trust: { system: false, file: '/dev/null' } };
  await assert.rejects(
    get({}, missing),
    failsWith('INVALID_CONFIGURATION', /\/no\/such\/roots\.pem: .*cannot be read \(ENOENT\)/),
  );
  await assert.rejects(get({}, empty), failsWith('INVALID_CONFIGURATION', /\/dev\/null: .*holds no certificate/));
  assert.equal(await get({ insecure: true }, missing), 1, 'without the check no roots are needed');
  assert.equal(server.requests.length, 1);
});

test('certificates of one host are not trusted for another', async (t) => {
  const { server } = await tlsScene(t);
  const client = createTransport({ tls: { 'other.example:443': { ca: [authority], insecure: true } } });
  t.after(() => client.close());
  await assert.rejects(client.send({ method: 'GET', url: server.url('/') }), failsWith('TLS_FAILED', /authority/));
});
