import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { helloImage, startRegistry, type TestRegistry } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { startDrayEngine, startEngineHost } from './engine-host.ts';
import { peerPath, peerTest } from './peers.ts';
import { type Ended, finish, makeFolder, run } from './run.ts';

const SCRIPT = fileURLToPath(new URL('../../tools/engine-clients/use-docker-py.py', import.meta.url));
const HELLO = helloImage('amd64');
const ID = HELLO.config.digest;

async function filledRegistry(): Promise<TestRegistry> {
  const registry = await startRegistry({ images: { 'team/hello:1': HELLO } });
  atEnd(() => registry.close());
  return registry;
}

interface DockerPy {
  readonly ping: boolean;
  readonly version: string;
  readonly os: string;
  readonly lines: readonly string[];
  readonly image: readonly [id: string, short: string, tags: readonly string[], labels: object];
  readonly registry: string;
  readonly history: readonly string[];
  readonly tagged: boolean;
  readonly pushed: readonly { readonly error?: string; readonly aux?: { readonly Digest: string } }[];
  readonly login: string;
  readonly listed: readonly (readonly string[])[];
  readonly dangling: readonly unknown[];
  readonly df: number;
  readonly left: readonly unknown[];
  readonly loaded: readonly (readonly string[])[];
  readonly imported: number;
  readonly pruned: number;
  readonly events: readonly string[];
  readonly containers: readonly unknown[];
  readonly failures: Readonly<Record<string, readonly [type: string, status: number | null, message: string]>>;
  readonly versions: readonly string[];
}

peerTest('docker-py does all that it has for images', ['python3-docker'], async () => {
  const registry = await filledRegistry();
  const { host } = await startDrayEngine();
  const home = makeFolder();
  const reference = registry.reference('team/hello:1');
  const target = registry.reference('team/copy:new').replace(/:new$/, '');
  const env = { HOME: home, DOCKER_HOST: host };
  const found = JSON.parse(await run('python3-docker', [SCRIPT, reference, target], { env })) as DockerPy;
  assert.deepEqual([found.ping, found.version, found.os], [true, '1.51', 'linux']);
  assert.equal(found.lines.at(-1), `Status: Downloaded newer image for ${reference}`);
  assert.deepEqual([found.image[0], found.image[2]], [ID, [reference]]);
  assert.equal(found.registry, HELLO.root.digest);
  assert.equal(found.history[0], ID);
  assert.equal(found.tagged, true);
  assert.equal(found.pushed.find(({ aux }) => aux !== undefined)?.aux?.Digest, HELLO.root.digest);
  assert.equal(found.login, 'Login Succeeded');
  assert.deepEqual(found.listed, [[`${target}:new`, reference].toSorted()]);
  assert.deepEqual([found.dangling, found.df, found.left, found.containers], [[], 1, [], []]);
  assert.deepEqual(found.loaded.flat().length, 1);
  assert.deepEqual([found.imported, found.pruned > 0], [71, true]);
  const wanted = ['pull', 'tag', 'push', 'save', 'untag', 'delete', 'load', 'import', 'prune'];
  assert.deepEqual(
    wanted.filter((action) => !found.events.includes(action)),
    [],
    found.events.join(' '),
  );
  assert.deepEqual(found.failures, {
    absent: ['ImageNotFound', 404, 'No such image: nosuch:latest'],
    remove: ['ImageNotFound', 404, 'No such image: nosuch:latest'],
    pull: ['NotFound', 404, `manifest for ${target}:nosuch not found: manifest unknown: manifest unknown`],
    name: ['APIError', 400, 'invalid reference format: repository name (library/UPPER) must be lowercase'],
    load: ['ImageLoadError', null, 'unexpected EOF'],
    filter: ['APIError', 400, "invalid filter 'nosuch'"],
    run: ['APIError', 501, 'running containers is not implemented by this engine'],
  });
  assert.deepEqual(found.versions, ['1.51', '1.51', '1.51']);
});

peerTest('skopeo copies into an engine and out of it', ['skopeo'], async () => {
  const registry = await filledRegistry();
  const { host } = await startDrayEngine();
  const folder = makeFolder();
  const skopeo = (...args: readonly string[]): Promise<Ended> =>
    finish('skopeo', args, { cwd: folder, env: { HOME: folder } });
  const must = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await skopeo(...args);
    assert.equal(status, 0, `skopeo ${args.join(' ')}: ${stderr}`);
    return stdout.toString();
  };
  const into = ['copy', '-q', '--dest-daemon-host', host];
  const from = ['copy', '-q', '--src-daemon-host', host];
  const source = `docker://${registry.reference('team/hello:1')}`;
  await must(...into, '--src-tls-verify=false', source, 'docker-daemon:app:1');
  const manifest = await must('inspect', '--raw', '--daemon-host', host, 'docker-daemon:app:1');
  assert.equal((JSON.parse(manifest) as { config: { digest: string } }).config.digest, ID);
  await must(...from, 'docker-daemon:app:1', 'dir:out');
  await must(...into, 'dir:out', 'docker-daemon:app:2');
  await must(...from, `docker-daemon:${ID}`, 'docker-archive:app.tar:app:3');
  await must(...into, 'docker-archive:app.tar', 'docker-daemon:app:3');
  await must(...from, ...into.slice(2), 'docker-daemon:app:3', 'docker-daemon:app:4');
  for (const tag of ['1', '2', '3', '4']) {
    const config = await must('inspect', '--config', '--daemon-host', host, `docker-daemon:app:${tag}`);
    assert.equal((JSON.parse(config) as { architecture: string }).architecture, 'amd64', tag);
  }
  const absent = await skopeo(...from, 'docker-daemon:nosuch:1', 'dir:absent');
  assert.equal(absent.status, 1);
  assert.match(absent.stderr, /Error response from daemon: No such image: nosuch:1/);
});

peerTest('docker compose pulls, pushes and removes images', ['docker', 'docker-compose'], async () => {
  const registry = await filledRegistry();
  const engine = await startEngineHost('dray');
  const plugins = join(engine.home, '.docker', 'cli-plugins');
  mkdirSync(plugins, { recursive: true });
  symlinkSync(await programPath('docker-compose'), join(plugins, 'docker-compose'));
  const [app, copy] = [registry.reference('team/hello:1'), registry.reference('team/copy:1')];
  const services = [`  app:\n    image: ${app}\n`, `  copy:\n    build: .\n    image: ${copy}\n`];
  writeFileSync(join(engine.home, 'compose.yaml'), `services:\n${services.join('')}`);
  const compose = (line: string): Promise<Ended> => engine.type(`docker compose ${line}`);

  const pulled = await compose('pull app');
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.match(pulled.stderr, / app Pulled/);
  assert.equal((await engine.type(`docker image inspect -f '{{.Id}}' ${app}`)).stdout.toString(), `${ID}\n`);
  assert.equal((await compose('pull -q')).status, 18, 'what is to be built is in no registry');
  assert.equal((await engine.type(`docker tag ${app} ${copy}`)).status, 0);
  const pushed = await compose('push copy');
  assert.equal(pushed.status, 0, pushed.stderr);
  assert.equal((await engine.type(`docker rmi ${copy}`)).status, 0);
  assert.equal((await compose('pull -q')).status, 0, 'now all of it is there');
  for (const [line, words] of [
    ['config --images', /hello:1/],
    ['images', /^CONTAINER /],
    ['ps -a', /^NAME /],
    ['ls', /^NAME /],
  ] as const) {
    const { status, stdout, stderr } = await compose(line);
    assert.equal(status, 0, `${line}: ${stderr}`);
    assert.match(stdout.toString(), words, line);
  }
  const up = await compose('up app');
  assert.equal(up.status, 1);
  assert.match(up.stderr, /Error response from daemon: creating networks is not implemented by this engine/);
  const down = await compose('down --rmi all');
  assert.equal(down.status, 0, down.stderr);
  assert.equal((await engine.type('docker images -q')).stdout.toString(), '');
});

async function programPath(name: string): Promise<string> {
  const path = [process.env['PATH'] ?? '', peerPath].join(delimiter);
  return (await run('bash', ['-c', 'command -v "$0"', name], { env: { PATH: path } })).trim();
}
