import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCertificate, helloImage } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { startNameProxy } from './name-proxy.ts';
import { peerTest } from './peers.ts';
import { createUser, type User } from './run.ts';

const GRAPH = helloImage('amd64');
const DIGEST = `${GRAPH.root.digest}\n`;

const authority = createCertificate({ name: 'interop authority', authority: true });
const stranger = createCertificate({ name: 'another authority', authority: true });
const server = createCertificate({ name: 'server', hosts: ['registry.test', '127.0.0.1'], issuer: authority });
const client = createCertificate({ name: 'client', issuer: authority });

interface Place {
  readonly user: User;
  /** `registry.test:port`, reached through a proxy that the user's environment names. */
  readonly host: string;
  readonly reference: string;
  readonly env: Readonly<Record<string, string>>;
  /** Writes files below the user's home; gives the folder's path. */
  write(folder: string, files: Readonly<Record<string, string>>): string;
}

async function start(clientCa?: string): Promise<Place> {
  const open = await startDockerRegistry();
  await open.push('team/app:1', GRAPH);
  const tls = { cert: server.cert, key: server.key, clientCa };
  const { port } = await startDockerRegistry({ tls, storage: open.storage });
  const proxy = await startNameProxy();
  const user = createUser();
  const host = `registry.test:${port}`;
  return {
    user,
    host,
    reference: `${host}/team/app:1`,
    env: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy },
    write(folder, files) {
      const path = join(user.home, folder);
      mkdirSync(path, { recursive: true });
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
      return path;
    },
  };
}

peerTest(
  'an authority that nobody knows: a clear refusal, and each way to make it known',
  ['docker-registry'],
  async () => {
    const { user, host, reference, env, write } = await start();
    const refused = async (...flags: readonly string[]): Promise<void> => {
      const { status, stdout, stderr } = await user.tryDray(['pull', ...flags, '-o', 'no.tar', reference], { env });
      assert.equal(status, 1);
      assert.equal(stdout.toString(), '');
      assert.match(
        stderr,
        /^dray: no secure connection to registry\.test:\d+: its certificate comes from an authority/,
      );
      assert.match(stderr, /\nhint: trust the authority that signed it with --ca FILE/);
    };
    const taken = async (flags: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<void> => {
      assert.equal(await user.dray(['digest', ...flags, reference], { env: { ...env, ...more } }), DIGEST);
    };
    await refused();
    const pems = write('pems', { 'ca.crt': authority.cert, 'stranger.crt': stranger.cert });
    await refused('--ca', join(pems, 'stranger.crt'));
    await taken(['--ca', join(pems, 'ca.crt')]);
    await taken(['--insecure']);
    await taken([], { SSL_CERT_FILE: join(pems, 'ca.crt') });
    await taken([], { NODE_EXTRA_CA_CERTS: join(pems, 'ca.crt') });
    await taken(['--cert-dir', write('certs', { 'ca.crt': authority.cert })]);
    await refused();
    for (const [at, folder] of ['docker/certs.d', 'containers/certs.d'].entries()) {
      const config = `config-${at}`;
      write(`${config}/${folder}/${host}`, { 'ca.crt': authority.cert });
      await taken([], { XDG_CONFIG_HOME: join(user.home, config) });
    }
    write('settings/dray', { 'config.json': JSON.stringify({ insecure: [host] }) });
    await taken([], { XDG_CONFIG_HOME: join(user.home, 'settings') });
    await user.dray(['pull', '-q', '--ca', join(pems, 'ca.crt'), '-o', 'yes.tar', reference], { env });
  },
);

peerTest('a client certificate: wanted, given, and with its key left out', ['docker-registry'], async () => {
  const { user, host, reference, env, write } = await start(authority.cert);
  const without = write('without', { 'ca.crt': authority.cert });
  const refused = await user.tryDray(['digest', '--cert-dir', without, reference], { env });
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /hint: the server wants a client certificate/);
  const files = { 'ca.crt': authority.cert, 'client.cert': client.cert };
  const half = await user.tryDray(['digest', '--cert-dir', write('half', files), reference], { env });
  assert.notEqual(half.status, 0);
  assert.match(half.stderr, /missing key client\.key for client certificate client\.cert/);
  const whole = write('whole', { ...files, 'client.key': client.key });
  await user.dray(['pull', '-q', '--cert-dir', whole, '-o', 'image.tar', reference], { env });
  write(`.config/docker/certs.d/${host}`, { ...files, 'client.key': client.key });
  assert.equal(await user.dray(['digest', reference], { env }), DIGEST);
});
