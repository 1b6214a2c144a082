import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createCertificate, helloImage } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { startNameProxy } from './name-proxy.ts';
import { peerTest } from './peers.ts';
import { COMMAND, createUser, type Ended, finish, makeFolder } from './run.ts';

const GRAPH = helloImage('amd64');
const DIGEST = `${GRAPH.root.digest}\n`;
const NEEDS = ['docker-registry', 'unshare', 'mount', 'root'];

type Files = Readonly<Record<string, string>>;

/** Runs dray where `files` lie in /etc, for it alone: in a mount namespace of its own. */
async function drayWithEtc(files: Files, args: readonly string[], env: Files = {}): Promise<Ended> {
  const folder = makeFolder();
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, 'upper', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  for (const name of ['upper', 'work']) mkdirSync(join(folder, name), { recursive: true });
  const options = `lowerdir=/etc,upperdir=${folder}/upper,workdir=${folder}/work`;
  const script = 'mount -t overlay overlay -o "$0" /etc && exec "$@"';
  const { home, env: own } = createUser();
  const command = [script, options, process.execPath, COMMAND, ...args];
  return finish('unshare', ['-m', 'sh', '-c', ...command], { env: { ...own, ...env }, cwd: home });
}

async function digest(files: Files, reference: string, env?: Files): Promise<void> {
  const { stdout, stderr } = await drayWithEtc(files, ['digest', reference], env);
  assert.equal(stdout.toString(), DIGEST, stderr);
}

peerTest("docker's daemon.json names mirrors and insecure registries", NEEDS, async () => {
  const registry = await startDockerRegistry();
  await registry.push('library/hello:1', GRAPH);
  const url = `http://${registry.host}`;
  await digest({ 'docker/daemon.json': JSON.stringify({ 'registry-mirrors': [url], debug: true }) }, 'hello:1');
  const key = createCertificate({ hosts: ['registry.test'] });
  const secure = await startDockerRegistry({ tls: key, storage: registry.storage });
  const proxy = await startNameProxy();
  const env = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy };
  const host = `registry.test:${secure.port}`;
  const reference = `${host}/library/hello:1`;
  const refused = await drayWithEtc({}, ['digest', reference], env);
  assert.match(refused.stderr, /no secure connection/);
  await digest({ 'docker/daemon.json': JSON.stringify({ 'insecure-registries': [host] }) }, reference, env);
  await digest({ [`docker/certs.d/${host}/ca.crt`]: key.cert }, reference, env);
  await digest({ [`containers/certs.d/${host}/ca.crt`]: key.cert }, reference, env);
});

peerTest("containerd's hosts.toml: mirrors in their order, paths of their own, authorities", NEEDS, async () => {
  const registry = await startDockerRegistry();
  await registry.push('team/app:1', GRAPH);
  await registry.push('cache/team/app:1', GRAPH);
  const url = `http://${registry.host}`;
  const toml = (...lines: readonly string[]): Files => ({
    'containerd/certs.d/registry.test/hosts.toml': lines.join('\n'),
  });
  await digest(
    toml(
      'server = "https://registry.test"',
      '[host."http://127.0.0.1:1"]',
      `[host."${url}"]`,
      'capabilities = ["pull", "resolve"]',
    ),
    'registry.test/team/app:1',
  );
  await digest(
    toml(
      'server = "https://registry.test"',
      `[host."${url}/v2/cache"]`,
      'capabilities = ["pull", "resolve"]',
      'override_path = true',
    ),
    'registry.test/team/app:1',
  );
  const key = createCertificate({ hosts: ['registry.test'] });
  const secure = await startDockerRegistry({ tls: key, storage: registry.storage });
  const proxy = await startNameProxy();
  await digest(
    {
      ...toml(`server = "https://registry.test:${secure.port}"`, 'ca = "ca.pem"'),
      'containerd/certs.d/registry.test/ca.pem': key.cert,
    },
    'registry.test/team/app:1',
    { HTTPS_PROXY: proxy, HTTP_PROXY: proxy },
  );
  const broken = await drayWithEtc(toml('server = '), ['digest', 'registry.test/team/app:1']);
  assert.notEqual(broken.status, 0);
  assert.match(broken.stderr, /^dray: \/etc\/containerd\/certs\.d\/registry\.test\/hosts\.toml: /);
});
