import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCertificate, helloImage } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { peerTest } from './peers.ts';
import { createUser, makeFolder, type User } from './run.ts';
import { freePort, isListening, type Service, startService } from './service.ts';

/** What a proxy says comes beside the answers that it gives: waits until it has said all of this. */
async function hasSaid({ said }: Service, what: RegExp, times = 1): Promise<void> {
  const all = new RegExp(what, 'g');
  for (const end = Date.now() + 30_000; (said().match(all)?.length ?? 0) < times; await sleep(10)) {
    assert.ok(Date.now() < end, `${what} is not in this:\n${said()}`);
  }
}

const GRAPH = helloImage('amd64');
const NEEDS = ['docker-registry'];

interface Places {
  readonly user: User;
  /** References to the same image: over http, and over TLS with an authority of `ca`. */
  readonly plain: string;
  readonly secure: string;
  readonly securePort: number;
  readonly ca: string;
}

async function start(): Promise<Places> {
  const authority = createCertificate({ authority: true });
  const open = await startDockerRegistry();
  await open.push('team/app:1', GRAPH);
  const tls = createCertificate({ hosts: ['127.0.0.1'], issuer: authority });
  const secure = await startDockerRegistry({ tls, storage: open.storage });
  const user = createUser();
  const ca = join(user.home, 'ca.crt');
  writeFileSync(ca, authority.cert);
  const reference = (host: string): string => `${host}/team/app:1`;
  return { user, plain: reference(open.host), secure: reference(secure.host), securePort: secure.port, ca };
}

async function startTinyproxy(
  connectPort: number,
  login = '',
): Promise<{ readonly host: string; readonly service: Service }> {
  const port = await freePort();
  const file = join(makeFolder(), 'tinyproxy.conf');
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Allow 127.0.0.1',
    'LogLevel Connect',
    `ConnectPort ${connectPort}`,
    login,
  ];
  writeFileSync(file, lines.join('\n'));
  return {
    host: `127.0.0.1:${port}`,
    service: await startService('tinyproxy', ['-d', '-c', file], () => isListening(port)),
  };
}

async function startMicrosocks(
  ...login: readonly string[]
): Promise<{ readonly host: string; readonly service: Service }> {
  const port = await freePort();
  const args = ['-i', '127.0.0.1', '-p', String(port), ...login];
  return { host: `127.0.0.1:${port}`, service: await startService('microsocks', args, () => isListening(port)) };
}

async function pull({ user, ca }: Places, proxy: string, reference: string): Promise<void> {
  const said = await user.dray([
    'pull',
    '-q',
    '--proxy',
    proxy,
    '--ca',
    ca,
    '--no-store',
    '-o',
    'image.tar',
    reference,
  ]);
  assert.equal(said, `${reference}\n`);
}

peerTest('tinyproxy: http through it, TLS through CONNECT, with a login', [...NEEDS, 'tinyproxy'], async () => {
  const places = await start();
  const { host, service } = await startTinyproxy(places.securePort);
  await pull(places, `http://${host}`, places.plain);
  await hasSaid(service, new RegExp(`GET http://${places.plain.split('/')[0]}/v2/team/app/blobs/`));
  await pull(places, `http://${host}`, places.secure);
  await hasSaid(service, new RegExp(`CONNECT 127\\.0\\.0\\.1:${places.securePort}`));
  const locked = await startTinyproxy(places.securePort, 'BasicAuth bob secret');
  for (const reference of [places.plain, places.secure]) {
    await pull(places, `http://bob:secret@${locked.host}`, reference);
    const flags = ['--proxy', `http://bob:wrong@${locked.host}`, '--ca', places.ca, '--retry', '0'];
    const { status, stderr } = await places.user.tryDray(['digest', ...flags, reference]);
    assert.notEqual(status, 0);
    assert.match(stderr, /proxy/);
    assert.doesNotMatch(stderr, /wrong/);
  }
});

peerTest(
  'microsocks: names that the client or the proxy looks up, with a login',
  [...NEEDS, 'microsocks'],
  async () => {
    const places = await start();
    const { host, service } = await startMicrosocks();
    for (const scheme of ['socks5', 'socks5h']) {
      for (const reference of [places.plain, places.secure]) await pull(places, `${scheme}://${host}`, reference);
    }
    await hasSaid(service, /connected to/, 3);
    const locked = await startMicrosocks('-u', 'bob', '-P', 'secret');
    await pull(places, `socks5://bob:secret@${locked.host}`, places.secure);
    for (const login of ['', 'bob:wrong@']) {
      const flags = ['--proxy', `socks5://${login}${locked.host}`, '--ca', places.ca];
      const { status, stderr } = await places.user.tryDray(['digest', ...flags, places.secure]);
      assert.notEqual(status, 0);
      assert.match(stderr, /wants credentials|refused the credentials/);
      assert.doesNotMatch(stderr, /wrong/);
    }
  },
);

peerTest(
  "the environment's proxies: not for loopback, and NO_PROXY",
  [...NEEDS, 'tinyproxy', 'microsocks'],
  async () => {
    const { user, plain } = await start();
    const proxy = await startTinyproxy(443);
    const socks = await startMicrosocks();
    const digest = `${GRAPH.root.digest}\n`;
    // As Go's programs do, nothing on this machine is asked through the environment's proxy.
    const env = { HTTP_PROXY: `http://${proxy.host}`, ALL_PROXY: `socks5://${socks.host}` };
    assert.equal(await user.dray(['digest', plain], { env }), digest);
    assert.doesNotMatch(proxy.service.said(), /http:/);
    assert.doesNotMatch(socks.service.said(), /connected/);
    const elsewhere = plain.replace('127.0.0.1', 'registry.test');
    const ask = async (more: Readonly<Record<string, string>>): Promise<void> => {
      const { status } = await user.tryDray(['digest', '--insecure', '--retry', '0', elsewhere], { env: more });
      assert.notEqual(status, 0, 'there is no such host');
    };
    await ask({ ...env, NO_PROXY: '.test' });
    assert.doesNotMatch(proxy.service.said(), /registry\.test/);
    await ask({ HTTP_PROXY: env.HTTP_PROXY });
    await hasSaid(proxy.service, /(HEAD|GET) http:\/\/registry\.test:/);
    await ask({ http_proxy: env.HTTP_PROXY, no_proxy: 'other.test' });
    await hasSaid(proxy.service, /HEAD http:\/\/registry\.test:/, 2);
    assert.equal(proxy.service.said().split(/HEAD http:\/\/registry\.test:/).length, 3);
  },
);
