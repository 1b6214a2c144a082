import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createSecureServer, type Server } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { DrayError, type ErrorCode } from '#errors';
import { createCertificate } from '#testing';
import type { EngineTls } from './engine-options.ts';
import { connectTo, ending, listen, portOf, startRawServer, temporaryFolder } from './engine-server.test.fixture.ts';

const authority = createCertificate({ name: 'authority', authority: true });
const server = createCertificate({ name: 'server', issuer: authority, hosts: ['localhost', '127.0.0.1'] });
const client = createCertificate({ name: 'client', issuer: authority });
const stranger = createCertificate({ name: 'stranger', hosts: ['localhost'] });

/** A server that wants client certificates, and says whose it got. */
async function secureEngine(t: TestContext, identity: { cert: string; key: string } = server): Promise<Server> {
  const options = { ...identity, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const engine = createSecureServer(options, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    response.end(JSON.stringify({ who: subject.CN }));
  });
  engine.on('upgrade', (_, socket: Socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.pipe(socket);
  });
  await listen(t, engine);
  return engine;
}

const own = { ca: authority.cert, cert: client.cert, key: client.key };
const info = { method: 'GET', path: '/info' } as const;

function refused(codes: ErrorCode | readonly ErrorCode[], words: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DrayError, String(error));
    assert.ok([codes].flat().includes(error.code), `${error.code}: ${error.message}`);
    assert.match(`${error.message} ${error.hint}`, words);
    assert.doesNotMatch(`${error.message} ${error.hint}`, /PRIVATE|--ca|--insecure|--cert-dir/);
    return true;
  };
}

test('certificates are taken as text and from files, and connections are kept', async (t) => {
  const engine = await secureEngine(t);
  let connections = 0;
  engine.on('secureConnection', () => connections++);
  const folder = await temporaryFolder(t);
  const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await Promise.all((['ca', 'cert', 'key'] as const).map((name) => writeFile(files[name], own[name])));
  for (const tls of [own, files]) {
    const connection = connectTo(t, { host: `tcp://localhost:${portOf(engine)}`, tls: Object.freeze(tls) });
    assert.deepEqual(await connection.json(info), { who: 'client' });
    assert.deepEqual(await connection.json(info), { who: 'client' });
  }
  assert.equal(connections, 2);
});

test('an address needs no name; without the check any certificate will do', async (t) => {
  const [good, bad] = [await secureEngine(t), await secureEngine(t, stranger)];
  const at = (engine: Server, tls: EngineTls): Promise<unknown> =>
    connectTo(t, { host: `https://127.0.0.1:${portOf(engine)}`, tls }).json(info);
  assert.deepEqual(await at(good, own), { who: 'client' });
  assert.deepEqual(await at(bad, { ...own, verify: false }), { who: 'client' });
  await assert.rejects(at(bad, own), refused('TLS_FAILED', /certificate.*DOCKER_CERT_PATH/));
});

test('each half of a connection that is taken over ends alone under TLS, too', async (t) => {
  const engine = await secureEngine(t);
  const connection = connectTo(t, { host: `tcp://localhost:${portOf(engine)}`, tls: own });
  const { stream } = await connection.takeOver({ method: 'POST', path: '/containers/x/attach' });
  stream.end('echo');
  assert.equal(await ending(stream), 'echo');
});

const REFUSED: readonly (readonly [
  name: string,
  tls: EngineTls,
  codes: ErrorCode | readonly ErrorCode[],
  words: RegExp,
])[] = [
  ['an unknown authority', { ...own, ca: stranger.cert }, 'TLS_FAILED', /not known|not trusted|self/],
  ['another name', { ...own, serverName: 'other.example' }, 'TLS_FAILED', /other names \(localhost/],
  ['no certificate', { ca: authority.cert }, ['TLS_FAILED', 'CONNECTION_LOST'], /client certificate/],
  [
    'a stranger’s certificate',
    { ...own, cert: stranger.cert, key: stranger.key },
    ['TLS_FAILED', 'CONNECTION_LOST'],
    /client certificate/,
  ],
  ['no key', { ca: authority.cert, cert: client.cert }, 'INVALID_CONFIGURATION', /needs its key/],
  ['another key', { ...own, key: stranger.key }, 'INVALID_CONFIGURATION', /cannot be used/],
  [
    'no such file',
    { ...own, key: '/none/key.pem' },
    'INVALID_CONFIGURATION',
    /\/none\/key.pem cannot be read \(ENOENT\)/,
  ],
];

for (const [name, tls, codes, words] of REFUSED) {
  test(`${name} is refused with what to do`, async (t) => {
    const engine = await secureEngine(t);
    engine.on('tlsClientError', () => {});
    const connection = connectTo(t, { host: `tcp://localhost:${portOf(engine)}`, tls });
    await assert.rejects(connection.json(info), refused(codes, words));
  });
}

test('TLS asked of a plain engine, and plain requests of one with TLS, are told', async (t) => {
  const plain = createServer((_, response) => void response.end('{}'));
  const secure = await secureEngine(t);
  await listen(t, plain);
  const wrong = connectTo(t, { host: `tcp://localhost:${portOf(plain)}`, tls: own });
  await assert.rejects(wrong.json(info), refused('TLS_FAILED', /does not speak TLS.*unset DOCKER_TLS_VERIFY/));
  const bare = connectTo(t, { host: `tcp://localhost:${portOf(secure)}` });
  await assert.rejects(bare.json(info), refused('CONNECTION_LOST', /DOCKER_TLS_VERIFY/));
  for (const answer of [
    'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n',
    Buffer.from([0x15, 3, 1, 0, 2, 2, 70]),
  ]) {
    const talk = await startRawServer(t, (socket) => void socket.once('data', () => socket.end(answer)));
    const relay = createServer().on('connection', (socket: Socket) => {
      socket.removeAllListeners('data');
      socket.pipe(connect(talk.path)).pipe(socket);
    });
    await listen(t, relay);
    const connection = connectTo(t, { host: `tcp://localhost:${portOf(relay)}` });
    await assert.rejects(connection.json(info), refused('TLS_FAILED', /wants TLS.*DOCKER_TLS_VERIFY/));
    const taken = connection.takeOver({ method: 'POST', path: '/x' });
    await assert.rejects(taken, refused('TLS_FAILED', /wants TLS/));
  }
});

test('a failure to read certificates is not remembered', async (t) => {
  const engine = await secureEngine(t);
  const ca = join(await temporaryFolder(t), 'ca.pem');
  const connection = connectTo(t, { host: `tcp://localhost:${portOf(engine)}`, tls: { ...own, ca } });
  await assert.rejects(connection.json(info), refused('INVALID_CONFIGURATION', /ca\.pem/));
  await writeFile(ca, authority.cert);
  assert.deepEqual(await connection.json(info), { who: 'client' });
});

test('an engine with TLS is reached through a tunnel', async (t) => {
  const engine = await secureEngine(t);
  const proxy = createServer();
  proxy.on('connect', (request, socket: Socket) => {
    if (request.headers['proxy-authorization'] === undefined) return void socket.end('HTTP/1.1 407 No\r\n\r\n');
    const onward = connect(portOf(engine), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
  });
  await listen(t, proxy);
  const by = (credentials: string): Promise<unknown> =>
    connectTo(t, {
      host: 'tcp://engine.example',
      tls: { ...own, serverName: 'localhost' },
      proxy: { https: `http://${credentials}127.0.0.1:${portOf(proxy)}` },
    }).json(info);
  assert.deepEqual(await by('me:pw@'), { who: 'client' });
  await assert.rejects(by(''), refused('CONNECT_FAILED', /proxy .*407/));
});
