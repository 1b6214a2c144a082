import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildImage, type CountingProxy, startCountingProxy, startRegistry, type TestGraph } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';
import { layoutOf } from './layout-of.ts';
import { layout, peerTest } from './peers.ts';
import { COMMAND, createUser, makeFolder, run, type User } from './run.ts';
import { freePort, isListening, startService } from './service.ts';

const MIB = 2 ** 20;
const SMALL = buildImage({ layers: [{ fill: 100_000 }, { fill: 2 * MIB }] });
const LARGE = buildImage({ layers: [{ fill: 48 * MIB }] });

const sent = (proxy: CountingProxy): number => proxy.connections.reduce((sum, { up }) => sum + up, 0);

/** Pushes until `bytes` have gone through the proxy, and is killed there. */
async function killedPush(
  user: User,
  args: readonly string[],
  through: { proxy: CountingProxy; bytes: number },
): Promise<void> {
  const { env, home: cwd } = user;
  const child = spawn(process.execPath, [COMMAND, 'push', '-q', ...args], { env: { ...process.env, ...env }, cwd });
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  while (sent(through.proxy) < through.bytes && child.exitCode === null) await sleep(1);
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL', 'it was over before it could be killed');
  // What it had sent is still on its way.
  while (through.proxy.connections.some(({ open }) => open)) await sleep(1);
}

async function isWhole(host: string, name: string, graph: TestGraph): Promise<void> {
  const reference = `${host}/${name}`;
  assert.equal((await run('crane', ['digest', '--insecure', reference])).trim(), graph.root.digest);
  const copy = makeFolder();
  await run('skopeo', ['copy', '-q', '--src-tls-verify=false', `docker://${reference}`, `oci:${copy}:1`]);
  const copied = new Set(readdirSync(join(copy, 'blobs', 'sha256')));
  for (const digest of graph.blobs.keys()) assert.ok(copied.has(digest.slice('sha256:'.length)), digest);
}

for (const name of ['busybox', 'many']) {
  const needs = ['docker-registry', 'crane', 'skopeo', `oci-${name}`];
  peerTest(`a push of the real image ${name} to docker-registry is what skopeo has pushed`, needs, async () => {
    const registry = await startDockerRegistry();
    const { dray } = createUser();
    await dray(['push', '-q', '--insecure', `oci:${layout(name)}`, `${registry.host}/real/dray:1`]);
    const theirs = `docker://${registry.host}/real/skopeo:1`;
    await run('skopeo', ['copy', '-q', '--preserve-digests', '--dest-tls-verify=false', `oci:${layout(name)}`, theirs]);
    const digests = ['dray', 'skopeo'].map((who) =>
      run('crane', ['digest', '--insecure', `${registry.host}/real/${who}:1`]),
    );
    const [ours, other] = await Promise.all(digests);
    assert.equal(ours, other);
    await run('crane', ['validate', '--insecure', '--remote', `${registry.host}/real/dray:1`]);
  });
}

peerTest('a push to docker-registry that is cut goes on', ['docker-registry', 'crane', 'skopeo'], async () => {
  const registry = await startDockerRegistry();
  const proxy = await startCountingProxy(registry.host);
  atEnd(() => proxy.close());
  const { dray } = createUser();
  const pushing = dray(['push', '-q', '--insecure', layoutOf(LARGE), `${proxy.host}/team/app:1`]);
  while (sent(proxy) < 8 * MIB) await sleep(1);
  proxy.cut();
  await pushing;
  await isWhole(registry.host, 'team/app:1', LARGE);
});

peerTest(
  'a push to docker-registry that was killed is done by the next',
  ['docker-registry', 'crane', 'skopeo'],
  async () => {
    const registry = await startDockerRegistry();
    const proxy = await startCountingProxy(registry.host);
    atEnd(() => proxy.close());
    const user = createUser();
    const args = ['--insecure', layoutOf(LARGE), `${proxy.host}/team/app:1`];
    await killedPush(user, args, { proxy, bytes: 8 * MIB });
    await user.dray(['push', '-q', ...args]);
    await isWhole(registry.host, 'team/app:1', LARGE);
  },
);

test('a push that was killed goes on where the registry is, and leaves nothing behind', async () => {
  const registry = await startRegistry();
  atEnd(() => registry.close());
  const proxy = await startCountingProxy(registry.host);
  atEnd(() => proxy.close());
  const user = createUser();
  const args = ['--insecure', layoutOf(LARGE), `${proxy.host}/team/app:1`];
  await killedPush(user, args, { proxy, bytes: 8 * MIB });
  const before = sent(proxy);
  const kept = join(user.home, '.local', 'dray', 'uploads');
  for (const name of readdirSync(kept)) assert.equal(statSync(join(kept, name)).mode & 0o777, 0o600);
  await user.dray(['push', '-q', ...args]);
  assert.equal(registry.tag('team/app', '1'), LARGE.root.digest);
  const again = sent(proxy) - before;
  assert.ok(before + again < 48 * MIB + 2 * MIB, `${before} bytes were sent, then ${again}`);
  assert.deepEqual(readdirSync(kept), []);
  assert.equal(registry.openUploads, 0);
});

peerTest('a push to docker-registry with passwords', ['docker-registry', 'htpasswd', 'crane'], async () => {
  const registry = await startDockerRegistry({ user: { name: 'ann', password: 'pass' } });
  const { dray, tryDray } = createUser();
  const args = ['push', '--insecure', layoutOf(SMALL), `${registry.host}/team/app:1`];
  const refused = await tryDray(args);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /denied: requested access to the resource is denied/);
  assert.match(refused.stderr, /dray login/);
  await dray(['login', '--insecure', '-u', 'ann', '--password-stdin', registry.host], { input: 'pass' });
  assert.match(await dray(args), new RegExp(`1: digest: ${SMALL.root.digest} size: ${SMALL.root.size}`));
});

/** nginx before the registry, as many set it up. */
async function startNginx(registry: DockerRegistry, settings: string): Promise<string> {
  const folder = makeFolder();
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  );
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { access_log off; ${temporary.join(' ')} ${settings}
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://${registry.host}; proxy_set_header Host $http_host; } } }
`,
  );
  await startService('nginx', ['-c', config, '-p', folder], () => isListening(port));
  return `127.0.0.1:${port}`;
}

for (const [name, settings] of [
  ['that takes 1 MiB at a time', 'client_max_body_size 1m;'],
  ['that passes on at once and takes 10 MiB at a time', 'client_max_body_size 10m; proxy_request_buffering off;'],
] as const) {
  peerTest(
    `a push to docker-registry behind nginx ${name}`,
    ['docker-registry', 'nginx', 'crane', 'skopeo'],
    async () => {
      const registry = await startDockerRegistry();
      const host = await startNginx(registry, settings);
      const { dray } = createUser();
      await dray(['push', '-q', '--insecure', layoutOf(LARGE), `${host}/team/app:1`]);
      await isWhole(registry.host, 'team/app:1', LARGE);
    },
  );
}
