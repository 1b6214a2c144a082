import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, before, it } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { ARCHIVE_SHAPES, buildImage, type Certificate, createCertificate } from 'dray/testing';
import { COMMAND, makeFolder } from '../interop/run.ts';
import { type Service, startService } from '../interop/service.ts';
import { isAlive, memoryOf, openFiles } from '../process-status.ts';
import { until } from './besieged-engine.ts';

const MIB = 1 << 20;
/** What an attack may hold, in bytes: buffers, and what the collector has not taken yet. */
const SLACK = 150 * MIB;
const PING = 'GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const DAY = 86_400_000;
/** How TLS's own word for what is no TLS begins. */
const ALERT = '\u0015\u0003';

const folder = makeFolder();
const authority = createCertificate({ authority: true });
const client = createCertificate({ issuer: authority });
let service: Service | undefined;
let port = 0;
let files = 0;
const sockets = new Set<Socket>();

/** An engine for clients with certificates, with a store of its own. */
async function startTls(store: string): Promise<Service> {
  const { cert, key } = createCertificate({ hosts: ['127.0.0.1'], issuer: authority });
  const tls = Object.entries({ '--tls-cert': cert, '--tls-key': key, '--tls-client-ca': authority.cert });
  const flags = tls.flatMap(([flag, text]) => {
    const path = join(folder, `${store}${flag}.pem`);
    writeFileSync(path, text);
    return [flag, path];
  });
  const words = [COMMAND, 'engine', '-q', '--no-sync', '--listen', 'tcp://127.0.0.1:0', '--root', join(folder, store)];
  return startService(process.execPath, [...words, ...flags], async (said) => said.endsWith('\n'));
}

before(async () => {
  service = await startTls('store');
  port = Number(new URL(service.said()).port);
  assert.match(await ask(PING), /^HTTP\/1\.1 200 .*OK$/s);
  files = openFiles(service.pid);
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  assert.match(await ask(PING), /^HTTP\/1\.1 200 /);
  const { pid, said } = service ?? assert.fail();
  assert.equal(said().split('\n').length, 2, said());
  await until(
    () => openFiles(pid) <= files + 10,
    () => `${openFiles(pid)} files are open; ${files} were`,
  );
});

function memory(): number {
  return memoryOf(service?.pid ?? assert.fail(), 'VmRSS');
}

function keep<S extends Socket>(socket: S): S {
  sockets.add(socket.on('error', () => {}));
  return socket;
}

function dial(shown: Partial<Certificate> = client, options: ConnectionOptions = {}): TLSSocket {
  const { cert, key } = shown;
  return keep(connectTls({ host: '127.0.0.1', port, ca: authority.cert, ...(cert && { cert, key }), ...options }));
}

/** All that comes until the connection ends; `wait` milliseconds at most. */
function told(socket: Socket, wait = 60_000): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), wait);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

function ask(bytes: string, shown?: Partial<Certificate>, options?: ConnectionOptions): Promise<string> {
  const socket = dial(shown, options);
  socket.write(bytes);
  return told(socket);
}

it('handshakes that stop half-way, by the hundred, keep nobody out', async () => {
  const start = memory();
  const opened = Array.from({ length: 500 }, () => keep(connect(port, '127.0.0.1')));
  // A head of a record, and less of a greeting than it says; slowly.
  for (const [index, socket] of opened.entries()) {
    if (index % 3 !== 0) socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]));
  }
  for (let round = 0; round < 20; round += 1) {
    for (const socket of opened.slice(0, 100)) if (!socket.destroyed) socket.write('\0');
    assert.match(await ask(PING), /^HTTP\/1\.1 200 /);
  }
  assert.ok(memory() - start < SLACK, `${(memory() - start) >> 20} MiB more`);
});

it('who shows no certificate, or a foreign or an old one, is not answered', async () => {
  const stranger = createCertificate({ issuer: createCertificate({ authority: true }) });
  const past = new Date(Date.now() - DAY);
  const expired = createCertificate({ issuer: authority, notBefore: new Date(Date.now() - 2 * DAY), notAfter: past });
  const future = createCertificate({ issuer: authority, notBefore: new Date(Date.now() + DAY) });
  for (const shown of [{}, createCertificate(), stranger, expired, future]) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) assert.equal(await ask(PING, shown, { maxVersion }), '');
  }
});

it('who speaks http, or anything else, is told or cut off', async () => {
  const plain = keep(connect(port, '127.0.0.1'));
  plain.write(PING);
  assert.match(await told(plain), /^HTTP\/1\.1 400 .*Client sent an HTTP request to an HTTPS server\.\n$/s);
  for (const bytes of ['\0'.repeat(100), 'SSH-2.0-x\r\n', '\u0016\u0003\u0001\u0000\u0005xxxxx', 'x'.repeat(100_000)]) {
    const socket = keep(connect(port, '127.0.0.1'));
    socket.write(bytes, 'latin1');
    const text = await told(socket);
    assert.ok(text === '' || (text.startsWith(ALERT) && text.length === 7), text);
  }
});

it('who begins anew again and again is cut off', async () => {
  const socket = dial(client, { maxVersion: 'TLSv1.2' });
  const closed = new Promise((resolve) => void socket.once('close', resolve));
  const again = (): void => {
    if (!socket.destroyed) socket.renegotiate({}, (error) => (error === null ? again() : socket.destroy()));
  };
  socket.once('secureConnect', again);
  socket.resume();
  await closed;
});

it('clients that stop reading a save cost no memory, and a hundred others are served', async () => {
  const image = buildImage({ layers: [{ fill: 60 * MIB, seed: 'large' }] });
  const archive = ARCHIVE_SHAPES['docker 25, both at once']?.([{ image, names: ['large:1'] }]) ?? new Uint8Array();
  const loading = dial();
  loading.write(
    `POST /images/load HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${archive.length}\r\n\r\n`,
  );
  loading.write(archive);
  assert.match(await told(loading), /Loaded image: large:1/);
  const start = memory();
  const deaf = Array.from({ length: 5 }, () => dial());
  await Promise.all(
    deaf.map(async (socket) => {
      socket.write('GET /images/get?names=large:1 HTTP/1.1\r\nHost: x\r\n\r\n');
      await new Promise((resolve) => void socket.once('data', resolve));
      socket.pause();
    }),
  );
  const texts = await Promise.all(Array.from({ length: 100 }, () => ask(PING)));
  for (const text of texts) assert.match(text, /^HTTP\/1\.1 200 /);
  assert.ok(memory() - start < SLACK, `${(memory() - start) >> 20} MiB more`);
});

it('ends when it is told to, whatever hangs on it', async () => {
  const { pid, said } = await startTls('other');
  const at = Number(new URL(said()).port);
  const half = keep(connect(at, '127.0.0.1'));
  half.write(Buffer.from([22, 3, 1, 2, 0]));
  const idle = dial(client, { port: at });
  await new Promise((resolve) => void idle.once('secureConnect', resolve));
  process.kill(pid, 'SIGTERM');
  await until(
    () => !isAlive(pid),
    () => 'it goes on',
  );
});
