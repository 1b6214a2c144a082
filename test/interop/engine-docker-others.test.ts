import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { atEnd } from './cleanup.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { type EngineHost, startEngineHost } from './engine-host.ts';
import { platformsImage, randomImage, tutorialImages, writeArchive } from './engine-images.ts';
import { mask, type Said, said } from './engine-mask.ts';
import { readRecordings } from './engine-recording.ts';
import { peerPath, peerTest } from './peers.ts';

const NEEDS = ['docker', 'docker-registry'];
const recorded = readRecordings('graph');

async function type(engine: EngineHost, line: string, registry = 'no registry'): Promise<Said> {
  return said(await engine.type(line), { registry });
}

peerTest('docker logs in and out, and pushes and pulls with that', [...NEEDS, 'htpasswd'], async () => {
  const engine = await startEngineHost('dray');
  const open = await startDockerRegistry({ user: { name: 'user', password: 'pw' } });
  const registry = `localhost:${open.port}`;
  writeArchive(engine.home, 'r.tar', [{ image: randomImage(), names: ['r:1'] }]);
  await engine.type(`docker load -q -i r.tar && docker tag r:1 ${registry}/r:1`);
  const refused = await type(engine, `docker push ${registry}/r:1`, registry);
  assert.equal(refused.exit, 1);
  assert.match(refused.stderr, /no basic auth credentials/);
  const unknown = await type(engine, `docker pull ${registry}/r:1`, registry);
  assert.equal(unknown.exit, 1);
  assert.match(unknown.stderr, /^Error response from daemon: .*no basic auth credentials/);
  const wrong = await type(engine, `echo wrong | docker login -u user --password-stdin ${registry}`, registry);
  assert.equal(wrong.exit, 1);
  assert.match(
    wrong.stderr,
    /^Error response from daemon: (?:login attempt to http:\/\/REGISTRY\/v2\/ failed with status: 401 Unauthorized|Get "http:\/\/REGISTRY\/v2\/": unauthorized: authentication required)/,
  );
  const login = await type(engine, `echo pw | docker login -u user --password-stdin ${registry}`, registry);
  assert.equal(login.exit, 0, login.stderr);
  assert.equal(login.stdout, mask(recorded.get('39-login')?.stdout ?? '', { registry }));
  const pushed = await type(
    engine,
    `docker push ${registry}/r:1 && docker rmi ${registry}/r:1 r:1 && docker pull -q ${registry}/r:1`,
    registry,
  );
  assert.equal(pushed.exit, 0, pushed.stderr);
  assert.match(pushed.stdout, /\nREGISTRY\/r:1\n$/);
  const again = await type(engine, `docker login ${registry}`, registry);
  assert.equal(again.exit, 0, again.stderr);
  const logout = await type(engine, `docker logout ${registry}`, registry);
  assert.equal(logout.stdout, mask(recorded.get('39-logout')?.stdout ?? '', { registry: 'localhost:5000' }));
  // Nothing of a client's login stays with the engine.
  assert.equal((await type(engine, `docker pull ${registry}/r:2`, registry)).exit, 1);
  assert.doesNotMatch(engine.said(), /pw|wrong/);
});

peerTest('docker searches a registry', NEEDS, async () => {
  const engine = await startEngineHost('dray');
  const asked: string[] = [];
  const results = [
    {
      name: 'busybox',
      description: 'small \u001b[31mred\u001b[0m',
      star_count: 7,
      is_official: true,
      is_automated: false,
    },
    { name: 'me/busybox', description: '', star_count: 0, is_official: false, is_automated: false },
  ];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const isSearch = request.url?.startsWith('/v1/search') === true;
    response.writeHead(isSearch ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isSearch ? { num_results: 2, query: 'x', results } : {}));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  atEnd(() => void server.close());
  const registry = `localhost:${(server.address() as AddressInfo).port}`;
  const found = await engine.type(`docker search ${registry}/busybox`);
  assert.equal(found.status, 0, found.stderr);
  const rows = found.stdout.toString().split('\n');
  assert.match(rows[0] ?? '', /^NAME +DESCRIPTION +STARS +OFFICIAL *$/);
  assert.match(rows[1] ?? '', /busybox +small .*red.* 7 +\[OK\]/);
  assert.ok(!found.stdout.includes(0x1b), 'an escape character of the registry reaches the terminal');
  const official = await engine.type(
    `docker search --limit 5 --filter is-official=true --filter stars=3 --format "{{.Name}}" ${registry}/busybox`,
  );
  assert.match(official.stdout.toString(), /^\S*busybox\n$/);
  assert.ok(
    asked.some((url) => /\/v1\/search\?q=busybox&n=\d+/.test(url)),
    asked.join(' '),
  );
  const wrong = await engine.type(`docker search --filter colour=red ${registry}/busybox`);
  assert.deepEqual([wrong.status, wrong.stderr], [1, "Error response from daemon: invalid filter 'colour'\n"]);
  const hub = await type(engine, 'docker search busybox');
  assert.equal(hub.exit, 1);
  // The Hub cannot be reached from here, or not be searched: one line that says so, as recorded.
  assert.match(
    hub.stderr,
    /^Error response from daemon: Get "https:\/\/index\.docker\.io\/v1\/search\?q=busybox&n=25": .*\n$/,
  );
});

peerTest('what is not of images, docker says in one line', NEEDS, async () => {
  const engine = await startEngineHost('dray');
  writeArchive(engine.home, 'h.tar', [{ image: tutorialImages().hello, names: ['hello:latest'] }]);
  writeFileSync(join(engine.home, 'Dockerfile'), 'FROM hello\n');
  await engine.type('docker load -q -i h.tar');
  const lines: readonly (readonly [line: string, exit: number])[] = [
    ['docker run --rm hello', 125],
    ['docker run -d hello', 125],
    ['docker create hello', 1],
    ['DOCKER_BUILDKIT=0 docker build .', 1],
    ['docker volume create v', 1],
    ['docker network create n', 1],
    ['docker swarm init', 1],
    ['docker commit x', 1],
    ['docker plugin install x', 1],
  ];
  for (const [line, exit] of lines) {
    const ended = await engine.type(line);
    assert.equal(ended.status, exit, `${line}: ${ended.stderr}`);
    const own = ended.stderr.split('\n').filter((text) => /daemon|Error/.test(text));
    assert.equal(own.length, 1, `${line}: ${ended.stderr}`);
    assert.match(own[0] ?? '', /dray|not |No such/, line);
    assert.doesNotMatch(ended.stderr, /\bat .*:\d+:\d+|undefined|\[object/);
  }
  for (const line of ['docker ps -a', 'docker volume ls', 'docker network ls', 'docker container ls -q']) {
    assert.equal((await engine.type(line)).status, 0, line);
  }
});

peerTest('docker reaches the engine through a context', NEEDS, async () => {
  const engine = await startEngineHost('dray');
  const env = { DOCKER_HOST: '' };
  const made = await engine.type(`docker context create own --docker host=${engine.host} && docker context use own`, {
    env,
  });
  assert.equal(made.status, 0, made.stderr);
  const seen = await engine.type(
    'docker context ls --format "{{.Name}} {{.Current}}" && docker images -q && docker version -f "{{.Client.Context}} {{.Server.Os}}"',
    { env },
  );
  assert.equal(seen.status, 0, seen.stderr);
  assert.match(seen.stdout.toString(), /^own true$/m);
  assert.match(seen.stdout.toString(), /^own linux$/m);
});

peerTest('docker info says what the engine is', NEEDS, async () => {
  const engine = await startEngineHost('dray');
  const info = await type(engine, 'docker info');
  assert.equal(info.exit, 0);
  const keys = (text: string): readonly string[] =>
    [...text.slice(text.indexOf('Server:')).matchAll(/^ ?([A-Z][\w ]+):/gm)].map(([, key = '']) => key);
  const of = [
    'Containers',
    'Images',
    'Server Version',
    'Storage Driver',
    'Kernel Version',
    'Operating System',
    'OSType',
    'Architecture',
    'CPUs',
    'Total Memory',
    'Name',
    'ID',
    'Docker Root Dir',
    'Debug Mode',
    'Experimental',
    'Insecure Registries',
  ];
  const told = keys(info.stdout);
  assert.deepEqual(
    of.filter((key) => !told.includes(key)),
    [],
    info.stdout,
  );
  assert.doesNotMatch(info.stdout + info.stderr, /undefined|Error/);
});

for (const version of ['1.24', '1.32', '1.43', '1.47', '1.50', '1.51']) {
  peerTest(`docker lists, inspects, pulls and pushes with version ${version}`, NEEDS, async () => {
    const engine = await startEngineHost('dray');
    const { port } = await startDockerRegistry();
    const registry = `localhost:${port}`;
    writeArchive(engine.home, 't.tar', [{ image: tutorialImages().main, names: ['main:latest'] }]);
    const env = { DOCKER_API_VERSION: version };
    const lines = [
      'docker version -f "{{.Server.APIVersion}}"',
      'docker load -i t.tar',
      `docker tag main ${registry}/main`,
      `docker push ${registry}/main`,
      'docker images',
      'docker images --digests --no-trunc -a',
      'docker images -f reference=main -f label=version',
      'docker image inspect main -f "{{.Id}} {{.Size}} {{json .RootFS}}"',
      'docker inspect main',
      'docker history main',
      'docker rmi main',
      `docker pull ${registry}/main`,
      `docker pull -q -a ${registry}/main`,
      `docker save -o s.tar ${registry}/main`,
      ...(version === '1.24' ? [] : ['docker system df', 'docker system df -v', 'docker image prune -f -a']),
      'docker events --since 10 --until 20',
      'docker info -f "{{.Driver}}"',
      'docker ps',
    ];
    for (const line of lines) {
      const ended = await engine.type(line, { env });
      assert.equal(ended.status, 0, `${line}: ${ended.stderr}`);
      assert.doesNotMatch(ended.stdout.toString(), /<no value>|undefined|%!/, line);
    }
  });
}

peerTest('buildx sees an engine, and is told that it does not build', [...NEEDS, 'docker-buildx'], async () => {
  const engine = await startEngineHost('dray');
  const plugins = join(engine.home, '.docker', 'cli-plugins');
  mkdirSync(plugins, { recursive: true });
  symlinkSync(
    peerPath
      .split(delimiter)
      .map((folder) => join(folder, 'docker-buildx'))
      .find((path) => existsSync(path)) ?? '',
    join(plugins, 'docker-buildx'),
  );
  writeFileSync(join(engine.home, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  const listed = await engine.type('docker buildx ls');
  assert.equal(listed.status, 0, listed.stderr);
  assert.match(listed.stdout.toString(), /^default\* +docker/m);
  for (const line of ['docker build .', 'docker buildx build -t x .', 'docker build --progress plain .']) {
    const built = await engine.type(line);
    assert.equal(built.status, 1, line);
    const errors = built.stderr.split('\n').filter((text) => text.startsWith('ERROR'));
    assert.equal(errors.length, 1, built.stderr);
    assert.match(errors[0] ?? '', /not implemented by this engine/, line);
  }
  // These speak to registries alone.
  const { port, push } = await startDockerRegistry();
  await push('two:1', platformsImage());
  const seen = await engine.type(`docker buildx imagetools inspect localhost:${port}/two:1`);
  assert.equal(seen.status, 0, seen.stderr);
  assert.match(seen.stdout.toString(), /Platform: +linux\/arm64/);
  const manifest = await engine.type(`docker manifest inspect --insecure localhost:${port}/two:1`);
  assert.equal(manifest.status, 0, manifest.stderr);
});
