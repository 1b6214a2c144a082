import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, type Engine } from 'dray/engine';
import { isDigest } from 'dray/oci';
import { buildImage, helloImage } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { needsOf, startDockerDaemon } from './dockerd.ts';
import { startDrayEngine } from './engine-host.ts';
import { layout, OLD_DOCKERS, oldDockerPath, peerPath, peerTest } from './peers.ts';
import { createUser, finish, makeFolder, run } from './run.ts';
import { type SshServer, startSshServer } from './ssh-server.ts';

/** `docker` is on the other end, for `docker system dial-stdio`. */
const NEEDS = ['sshd', 'ssh', 'docker'];

let shared: Promise<SshServer> | undefined;

/** A server with dray's engine behind it, for the whole file. */
async function drayBehindSsh(): Promise<SshServer> {
  shared ??= startDrayEngine().then(({ host }) => startSshServer({ PATH: peerPath, DOCKER_HOST: host }));
  return shared;
}

function engineAt({ host }: SshServer, config: string): Engine {
  const engine = createEngine({ host, version: 'negotiate', ssh: { args: ['-F', config] } });
  atEnd(() => engine.close());
  return engine;
}

/** Processes of ssh with that configuration. */
function sshWith(config: string): readonly string[] {
  const commandOf = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      // it has ended
      return '';
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name).includes(`\0${config}\0`));
}

async function noneLeft(config: string): Promise<void> {
  for (const end = Date.now() + 60_000; sshWith(config).length > 0; await sleep(20)) {
    assert.ok(Date.now() < end, `${sshWith(config).length} processes of ssh are left`);
  }
}

/** A registry that begins a layer and goes no further: a pull from it waits. */
async function stuckRegistry(): Promise<{ readonly name: string; readonly begun: Promise<ServerResponse> }> {
  const image = buildImage({ layers: [{ fill: 3_000_000, seed: 'stuck' }] });
  const server = createServer();
  const begun = new Promise<ServerResponse>((resolve) => {
    server.on('request', ({ url = '' }: IncomingMessage, response: ServerResponse) => {
      const [found = ''] = /sha256:[0-9a-f]{64}/.exec(url) ?? [];
      const digest = isDigest(found) ? found : image.root.digest;
      const bytes = image.blobs.get(digest) ?? Buffer.alloc(0);
      const type = image.manifests.get(digest) ?? 'application/octet-stream';
      response.writeHead(200, {
        'content-type': type,
        'content-length': bytes.length,
        'docker-content-digest': digest,
      });
      if (bytes.length < 1_000_000) response.end(bytes);
      else {
        response.write(bytes.subarray(0, 100_000));
        resolve(response);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => server.close().closeAllConnections());
  return { name: `localhost:${(server.address() as AddressInfo).port}/x:1`, begun };
}

peerTest('dray’s engine is driven through a real ssh', [...NEEDS, 'docker-registry'], async () => {
  const server = await drayBehindSsh();
  const registry = await startDockerRegistry();
  const image = helloImage('amd64');
  await registry.push('team/hello:1', image);
  const name = `${registry.host}/team/hello:1`;
  const config = server.config();
  const engine = engineAt(server, config);
  const { status } = await engine.images.pull(name).done();
  assert.equal(status, `Downloaded newer image for ${name}`);
  const all = await Promise.all([1, 2, 3, 4].map(() => engine.images.inspect(name)));
  assert.deepEqual(new Set(all.map(({ Id }) => Id)), new Set([image.config.digest]));
  let size = 0;
  for await (const chunk of engine.images.save(name)) size += chunk.length;
  assert.ok(size > 1_000);
  assert.equal((await engine.images.remove(name))[0]?.Untagged, name);
  engine.close();
  await noneLeft(config);

  // the command finds ssh in its PATH, as docker does
  const user = createUser();
  const env = { DOCKER_HOST: server.host, PATH: server.path(config) };
  await user.dray(['copy', name, 'docker-daemon:hello:1'], { env });
  assert.match(await run('docker', ['images'], { env: { ...env, HOME: user.home } }), /^hello +1 /m);
  assert.equal((await user.dray(['inspect', '-f', '{{.Id}}', 'docker-daemon:hello:1'], { env })).trim(), all[0]?.Id);
  await noneLeft(config);
});

for (const version of OLD_DOCKERS) {
  peerTest(`docker ${version} reaches dray’s engine through ssh`, [...NEEDS, `docker-${version}`], async () => {
    const server = await drayBehindSsh();
    const config = server.config();
    const path = [server.path(config).split(':')[0], oldDockerPath(version)].join(':');
    const env = { DOCKER_HOST: server.host, PATH: path, HOME: makeFolder() };
    const { status, stderr } = await finish('bash', ['-c', 'docker version && docker images'], { env });
    assert.equal(status, 0, stderr);
    await noneLeft(config);
  });
}

const OLDEST = [...NEEDS, ...needsOf('20'), 'docker-20', 'skopeo', 'oci-busybox'];

peerTest('a machine with Docker of years ago is driven through a real ssh', OLDEST, async () => {
  const daemon = await startDockerDaemon('20');
  const server = await startSshServer({ PATH: oldDockerPath('20'), DOCKER_HOST: daemon.host });
  const config = server.config();
  const engine = engineAt(server, config);
  const archive = `${makeFolder()}/busybox.tar`;
  await run('skopeo', ['copy', `oci:${layout('busybox')}`, `docker-archive:${archive}:busybox:latest`]);
  const user = createUser();
  const env = { DOCKER_HOST: server.host, PATH: server.path(config) };
  await user.dray(['copy', `docker-archive:${archive}`, 'docker-daemon:busybox:latest'], { env });
  assert.deepEqual(
    (await engine.images.list()).map(({ RepoTags }) => RepoTags),
    [['busybox:latest']],
  );
  // a connection that is taken over: the input ends, and the answer comes after that
  const stdout = new PassThrough();
  const said = text(stdout);
  async function* input(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one\ntwo\n');
  }
  const { exitCode } = await engine.containers.run(
    {
      Image: 'busybox',
      Cmd: ['/bin/busybox', 'sh', '-c', 'sort -r; exit 3'],
      HostConfig: { NetworkMode: 'none' },
    },
    { stdin: input(), stdout, remove: true },
  );
  stdout.end();
  assert.deepEqual([exitCode, await said], [3, 'two\none\n']);
  engine.close();
  await noneLeft(config);
});

peerTest('who gives a pull up takes it and its ssh along', NEEDS, async () => {
  const server = await drayBehindSsh();
  const config = server.config();
  const { name, begun } = await stuckRegistry();
  const stop = new AbortController();
  const pulling = engineAt(server, config).images.pull(name, { signal: stop.signal }).done();
  const cancelled = assert.rejects(pulling, { code: 'CANCELLED' });
  const response = await begun;
  const gone = once(response, 'close');
  stop.abort();
  await cancelled;
  await noneLeft(config);
  await gone;
});

peerTest('a server of ssh that is killed in the middle of a pull ends it with what ssh said', NEEDS, async () => {
  const server = await drayBehindSsh();
  const config = server.config();
  const { name, begun } = await stuckRegistry();
  const pulling = engineAt(server, config).images.pull(name).done();
  const failed = assert.rejects(pulling, {
    code: 'CONNECTION_LOST',
    message: /Docker engine at ssh:\/\/\S+ is lost: ssh ended with status 255: .*closed/i,
  });
  const gone = once(await begun, 'close');
  const sessions = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').match(/\d+/g) ?? [];
  for (const pid of sessions) killed(Number(pid));
  await failed;
  await noneLeft(config);
  await gone;
});

/** Kills a process, unless it is one of an earlier test that has ended meanwhile. */
function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
  }
}

type Fault = readonly [name: string, config: Parameters<SshServer['config']>[0], words: RegExp];
const FAULTS: readonly Fault[] = [
  ['a key that is refused', { key: 'other' }, /status 255: \S+@127\.0\.0\.1: Permission denied \(publickey\)/],
  ['a server that is not known', { isKnown: false }, /status 255: .*Host key verification failed/],
];

for (const [name, options, words] of FAULTS) {
  peerTest(`${name} is told in ssh’s words, and left alone`, NEEDS, async () => {
    const server = await drayBehindSsh();
    const config = server.config(options);
    await assert.rejects(engineAt(server, config).images.list(), { code: 'CONNECT_FAILED', message: words });
    const user = createUser();
    const env = { DOCKER_HOST: server.host, PATH: server.path(config) };
    const { status, stderr } = await user.tryDray(['inspect', 'docker-daemon:x'], { env });
    assert.equal(status, 1);
    assert.match(stderr, words);
    assert.match(stderr, /\nhint: does `ssh HOST docker version` work\?/);
    await noneLeft(config);
  });
}

peerTest('no docker on the other end, or no engine behind it, is told', NEEDS, async () => {
  const bare = await startSshServer({ PATH: makeFolder() });
  await assert.rejects(engineAt(bare, bare.config()).ping(), {
    code: 'CONNECT_FAILED',
    message: /ssh ended with status 127: .*docker/,
    hint: /PATH of the other machine/,
  });
  const idle = await startSshServer({ PATH: peerPath, DOCKER_HOST: 'unix:///nothing/here.sock' });
  await assert.rejects(engineAt(idle, idle.config()).ping(), {
    code: 'CONNECT_FAILED',
    message: /ssh ended with status 1: .*\/nothing\/here\.sock/,
  });
});
