import assert from 'node:assert/strict';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import type { DrayError } from '#errors';
import { hasCode } from '#errors';
import { type Certificate, createCertificate } from '#testing';
import { settledFile, temporaryFolder } from '../access.test.fixture.ts';
import type { TlsOptions } from '../options.ts';
import { certificateUser } from './certificate-user.ts';
import { type OpenedTls, openTls } from './open-tls.ts';

const AUTHORITY = createCertificate({ name: 'clients', authority: true });
const ROBOT = createCertificate({ name: 'robot', issuer: AUTHORITY });
const STRANGER = createCertificate({ name: 'robot' });

interface Served {
  readonly port: number;
  readonly tls: OpenedTls;
  readonly problems: readonly DrayError[];
  readonly files: { readonly cert: string; readonly key: string };
  /** Puts another certificate in place. */
  replace(certificate: { readonly cert: string; readonly key: string }): void;
}

/** A server that answers with the user of the client's certificate. */
async function served(t: TestContext, options: Partial<TlsOptions> = {}): Promise<Served> {
  const folder = temporaryFolder(t);
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const replace: Served['replace'] = ({ cert, key }) => {
    settledFile(files.cert, cert);
    settledFile(files.key, key);
  };
  replace(createCertificate({ name: 'one', hosts: ['localhost'] }));
  const problems: DrayError[] = [];
  const tls = openTls({ ...files, ...options }, { onProblem: (error) => problems.push(error) });
  const userOf = certificateUser({});
  const server = createServer(tls.serverOptions, (message, response) =>
    response.end(String(userOf(message.socket as TLSSocket))),
  );
  tls.attach(server);
  // A connection that is kept must be there however slow the machine is.
  server.keepAliveTimeout = 0;
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    tls.close();
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, tls, problems, files, replace };
}

function clientCas(t: TestContext): readonly string[] {
  return [settledFile(join(temporaryFolder(t), 'ca.pem'), AUTHORITY.cert)];
}

/** What the server answers, and the name in its certificate, or that the connection was there; `refused` where it does not. */
async function ask(port: number, client?: Certificate, agent: Agent | false = false): Promise<string> {
  return new Promise((resolve) => {
    const options = { cert: client?.cert, key: client?.key, rejectUnauthorized: false };
    const sent = request({ port, host: '127.0.0.1', agent, ...options }, (response) => {
      const socket = response.socket as TLSSocket;
      // some versions of Node tell it once
      const subject = sent.reusedSocket ? '(kept)' : socket.getPeerX509Certificate()?.subject;
      let body = '';
      response.on('data', (chunk: Buffer) => (body += String(chunk)));
      response.on('end', () => resolve(`${body} ${subject}`));
      response.on('error', () => resolve('refused'));
    });
    sent.on('error', () => resolve('refused'));
    sent.end();
  });
}

test('a new certificate is for new connections, and those that are there go on', async (t) => {
  const { port, tls, replace } = await served(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  assert.equal(await ask(port, undefined, agent), 'undefined CN=one');
  replace(createCertificate({ name: 'two', hosts: ['localhost'] }));
  tls.reload();
  assert.equal(await ask(port), 'undefined CN=two');
  assert.equal(await ask(port, undefined, agent), 'undefined (kept)');
});

test('new files that are broken leave the old certificate, and are told once', async (t) => {
  const { port, tls, problems, files, replace } = await served(t);
  const two = createCertificate({ name: 'two', hosts: ['localhost'] });
  const other = createCertificate({ name: 'other' });

  settledFile(files.cert, two.cert);
  tls.reload();
  assert.equal(problems.length, 0, 'its key may come at any moment');
  tls.reload();
  tls.reload();
  assert.equal(problems.length, 1);
  assert.match(problems[0]?.message ?? '', /is not that of the certificate .*stays in use/);
  assert.equal(await ask(port), 'undefined CN=one');

  settledFile(files.key, 'SECRET');
  tls.reload();
  tls.reload();
  assert.equal(problems.length, 2);
  assert.match(problems[1]?.message ?? '', /is no private key/);
  assert.doesNotMatch(String(problems[1]), /SECRET/);
  assert.equal(await ask(port), 'undefined CN=one');

  replace({ cert: two.cert, key: other.key });
  tls.reload();
  replace(two);
  tls.reload();
  assert.equal(problems.length, 2);
  assert.equal(await ask(port), 'undefined CN=two');
});

test('certificates of clients, by mode', async (t) => {
  const cas = clientCas(t);
  const table: readonly (readonly [Partial<TlsOptions>, string, string, string])[] = [
    // without, of the authority, of a stranger
    [{}, 'undefined', 'undefined', 'undefined'],
    [{ clientCas: cas }, 'refused', 'robot', 'refused'],
    [{ clientCas: cas, clientAuth: 'require-and-verify-client-cert' }, 'refused', 'robot', 'refused'],
    [{ clientCas: cas, clientAuth: 'verify-client-cert-if-given' }, 'undefined', 'robot', 'refused'],
    [{ clientCas: cas, clientAuth: 'require-any-client-cert' }, 'refused', 'robot', 'undefined'],
    [{ clientCas: cas, clientAuth: 'request-client-cert' }, 'undefined', 'robot', 'undefined'],
    [{ clientAuth: 'request-client-cert' }, 'undefined', 'undefined', 'undefined'],
    [{ clientAuth: 'require-any-client-cert' }, 'refused', 'undefined', 'undefined'],
  ];
  for (const [options, ...expected] of table) {
    const { port } = await served(t, options);
    const found: string[] = [];
    for (const client of [undefined, ROBOT, STRANGER]) found.push((await ask(port, client)).split(' ')[0] ?? '');
    assert.deepEqual(found, expected, JSON.stringify(options.clientAuth));
  }
});

test('a session that is taken up again keeps its user, and none that was not verified', async (t) => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { port } = await served(t, { clientCas: clientCas(t), clientAuth: 'request-client-cert' });
    for (const [client, user] of [[ROBOT, 'robot'] as const, [STRANGER, 'undefined'] as const]) {
      let session: Buffer | undefined;
      for (let turn = 0; turn < 2; turn += 1) {
        const reused = await new Promise<boolean>((resolve, reject) => {
          const { cert, key } = client;
          const options = { port, host: '127.0.0.1', cert, key, rejectUnauthorized: false, maxVersion: version };
          const socket = connect({ ...options, ...(session !== undefined && { session }) });
          let text = '';
          socket.on('session', (given) => (session = given));
          socket.on('data', (chunk: Buffer) => (text += String(chunk)));
          socket.on('error', reject);
          socket.on('end', () => {
            assert.match(text, new RegExp(`\\b${user}\\b`), `${version} ${turn}`);
            resolve(socket.isSessionReused());
          });
          socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        });
        assert.equal(reused, turn === 1, version);
      }
    }
  }
});

test('older versions of TLS are refused, unless they are asked for', async (t) => {
  const version = async (port: number, maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> =>
    new Promise((resolve) => {
      const options = { port, host: '127.0.0.1', rejectUnauthorized: false, ciphers: 'DEFAULT@SECLEVEL=0' };
      const socket = connect({ ...options, minVersion: 'TLSv1', maxVersion }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      });
      socket.on('error', () => resolve(null));
    });
  const usual = await served(t);
  assert.equal(await version(usual.port, 'TLSv1.1'), null);
  assert.equal(await version(usual.port, 'TLSv1.2'), 'TLSv1.2');
  const strict = await served(t, { minimumTls: 'tls1.3' });
  assert.equal(await version(strict.port, 'TLSv1.2'), null);
  assert.equal(await version(strict.port, 'TLSv1.3'), 'TLSv1.3');
  const old = await served(t, { minimumTls: 'tls1.0' });
  assert.equal(await version(old.port, 'TLSv1.1'), 'TLSv1.1');
});

test('files that cannot be used are refused at the beginning', (t) => {
  const folder = temporaryFolder(t);
  const { cert, key } = createCertificate({ name: 'one' });
  const good = { cert: settledFile(join(folder, 'cert'), cert), key: settledFile(join(folder, 'key'), key) };
  const other = settledFile(join(folder, 'other'), createCertificate({ name: 'two' }).key);
  const table: readonly (readonly [TlsOptions, RegExp])[] = [
    [{ ...good, key: other }, /is not that of the certificate/],
    [{ ...good, key: good.cert }, /is no private key/],
    [{ ...good, cert: good.key }, /has no certificate in it/],
    [{ ...good, clientCas: [good.key] }, /has no certificate in it/],
    [{ ...good, clientAuth: 'verify-client-cert-if-given' }, /needs the certificates of those who sign/],
  ];
  for (const [options, message] of table) {
    assert.throws(
      () => openTls(options),
      (error) => hasCode(error, 'INVALID_CONFIGURATION') && message.test(error.message),
      String(message),
    );
  }
  assert.throws(
    () => openTls({ ...good, cert: join(folder, 'none') }),
    (error) => hasCode(error, 'IO_FAILED'),
  );
});
