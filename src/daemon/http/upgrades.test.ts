import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createDray } from '#dray';
import { createCertificate } from '#testing';
import { startTestEngine } from '../engine.test.fixture.ts';
import { startEngineServer } from '../start-engine-server.ts';

const UPGRADE = 'POST /grpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';

/** A connection, with a certificate that is taken, to an engine of other machines. */
async function connectToTls(t: TestContext): Promise<Socket> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-engine-'));
  const ca = createCertificate({ authority: true });
  const { cert, key } = createCertificate({ hosts: ['127.0.0.1'], issuer: ca });
  const [certPath = '', keyPath = '', caPath = ''] = ['cert.pem', 'key.pem', 'ca.pem'].map((name) =>
    join(folder, name),
  );
  await Promise.all([writeFile(certPath, cert), writeFile(keyPath, key), writeFile(caPath, ca.cert)]);
  const dray = createDray({ root: join(folder, 'store'), env: {}, anonymous: true });
  const server = await startEngineServer({
    dray,
    version: '0',
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: { cert: certPath, key: keyPath, clientCas: [caPath] },
  });
  t.after(async () => {
    await server.close({ timeout: 1000 });
    await dray.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { address } = server;
  assert.equal(address.kind, 'tcp');
  const socket = connectTls({ host: '127.0.0.1', port: address.port, ca: ca.cert, cert, key });
  t.after(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

test('a connection with TLS goes on in HTTP/2 like any other', async (t) => {
  const socket = await connectToTls(t);
  socket.write(UPGRADE);
  const [head] = (await once(socket, 'data')) as [Buffer];
  assert.match(head.toString('latin1'), /^HTTP\/1\.1 101 Switching Protocols\r\n.*\r\n\r\n$/s);
  const session = connectHttp2('http://localhost', { createConnection: () => socket });
  t.after(() => session.destroy());
  const stream = session.request({ ':method': 'POST', ':path': '/moby.buildkit.v1.Control/Solve' });
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  assert.equal(headers['grpc-status'], '12');
});

test('who asks to go on in HTTP/2 before an earlier request is answered is cut off, and nobody else', async (t) => {
  const engine = await startTestEngine(t);
  for (const count of [1, 100]) {
    const socket = connect(engine.socket).pause();
    socket.on('error', () => {});
    socket.write(`${'GET /info HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count)}${UPGRADE}`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.doesNotMatch(text, /101 Switching/);
  }
  assert.equal((await engine.ask('GET', '/_ping')).status, 200);
});
