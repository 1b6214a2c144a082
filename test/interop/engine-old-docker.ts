import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { atEnd } from './cleanup.ts';
import { differences, startContest } from './engine-differences.ts';
import { type EngineHost, startEngineHost } from './engine-host.ts';
import { SINCE } from './engine-lines.ts';
import { type OldDocker, oldDockerPath, peerTest } from './peers.ts';

const CONTEST = ['dockerd', 'containerd', 'runc', 'docker', 'docker-registry', 'htpasswd'];

/** Typed with a docker of years ago, in this order, at dray's engine and at today's of Docker: what an old one makes of it is the same. */
const LINES: readonly string[] = [
  'docker load -i t.tar',
  'docker images',
  'docker images -a --digests --no-trunc',
  'docker images -f label=version=0.1 -f reference=mai* --format "{{json .}}"',
  'docker images -f since=nosuch',
  'docker inspect main',
  'docker image inspect main nosuch -f "{{.Id}} {{.Size}} {{json .RootFS}}"',
  'docker history main',
  'docker tag main REGISTRY/main:a',
  'docker push REGISTRY/main:a',
  'docker push -a -q REGISTRY/main',
  'docker push REGISTRY/nosuch',
  'docker rmi main REGISTRY/main:a nosuch',
  'docker pull REGISTRY/main:a',
  'docker pull -a REGISTRY/main',
  'docker pull REGISTRY/main:nosuch',
  'docker pull localhost:1/x',
  'docker pull --platform linux/arm64 REGISTRY/two:1',
  'docker image inspect REGISTRY/two:1 -f "{{.Architecture}}"',
  'script -qec "docker pull REGISTRY/two:1" /dev/null',
  'docker pull -q REGISTRY/two@$(docker images --digests --format "{{.Digest}}" REGISTRY/two)',
  'docker rmi $(docker images -q REGISTRY/two)',
  'docker save main nosuch -o x.tar',
  'docker save REGISTRY/main:a registry:2 -o x.tar; docker rmi -f REGISTRY/main:a registry:2; docker load < x.tar',
  'docker load -i /etc/hostname',
  'docker import -c "CMD [\\"a\\"]" -c "ENV A=b" -m hi - im:1 < t.tar > /dev/null; docker inspect im:1 -f "{{json .Config}} {{.Comment}}"; docker rmi im:1 > /dev/null',
  'docker search --filter colour=red busybox',
  'echo wrong | docker login -u user --password-stdin PRIVATE',
  'echo pw | docker login -u user --password-stdin PRIVATE 2> /dev/null',
  'docker tag hello-classic PRIVATE/h && docker push -q PRIVATE/h && docker rmi PRIVATE/h && docker pull -q PRIVATE/h',
  'docker logout PRIVATE && docker pull PRIVATE/h',
  'docker system df -v',
  `date +%s.%N > mark; docker tag hello-classic e:1; docker rmi e:1; ${SINCE} --filter type=image`,
  'docker image prune -f -a --filter label!=version | grep -v space | sort',
  'docker ps -a',
  'docker run --rm localhost:1/x',
];

/** Tests of one of the old ones: each has a file of its own, since a contest takes its time. */
export function oldDockerTests(version: OldDocker): void {
  const NEEDS = [`docker-${version}`];
  const path = oldDockerPath(version);

  peerTest(`docker ${version} says the same with dray engine as with dockerd`, [...NEEDS, ...CONTEST], async () => {
    const found = await differences(LINES, await startContest(), { path });
    assert.ok(found.length === 0, `${found.length} of ${LINES.length}:\n\n${found.join('\n\n')}`);
  });

  peerTest(`docker ${version} is told what dray engine is, and what it does not do`, NEEDS, async () => {
    const engine = await startEngineHost('dray');
    const type = (line: string) => engine.type(line, { env: { PATH: path } });
    const told = await type('docker version && docker info');
    assert.equal(told.status, 0, told.stderr);
    assert.match(told.stdout.toString(), new RegExp(`^ Version: +${version}\\.[^]*^Server: dray$[^]*^Server:$`, 'm'));
    assert.doesNotMatch(told.stdout.toString() + told.stderr, /undefined|<no value>|%!|panic|Error/);
    writeFileSync(join(engine.home, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    writeFileSync(join(engine.home, 'big'), Buffer.alloc(3_000_000));
    for (const line of ['docker build .', 'DOCKER_BUILDKIT=0 docker build .', 'docker build - < Dockerfile']) {
      const { status, stderr } = await type(line);
      assert.equal(status, 1, line);
      assert.deepEqual(
        stderr.split('\n').filter((row) => /error|fail/i.test(row)),
        ['Error response from daemon: building images is not implemented by this engine'],
        line,
      );
    }
  });

  peerTest(`docker ${version} that is interrupted takes its pull with it`, NEEDS, async () => {
    const engine = await startEngineHost('dray');
    const { name, asked, left } = await silentRegistry();
    const docker = spawn('docker', ['pull', name], { env: userOf(engine, path), stdio: 'ignore' });
    atEnd(() => void docker.kill('SIGKILL'));
    const ended = once(docker, 'exit');
    await asked;
    docker.kill('SIGINT');
    assert.notDeepEqual(await ended, [0, null]);
    await left;
  });
}

function userOf({ home, host }: EngineHost, path: string): Record<string, string> {
  return { HOME: home, DOCKER_HOST: host, PATH: path };
}

/** A registry that answers nothing, whether it has been asked, and when who asked has gone away. */
async function silentRegistry(): Promise<{
  readonly name: string;
  readonly asked: Promise<unknown>;
  readonly left: Promise<unknown>;
}> {
  const server = createServer();
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const left = asked.then(([, response]) => once(response, 'close'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => server.close().closeAllConnections());
  return { name: `localhost:${(server.address() as AddressInfo).port}/x:1`, asked, left };
}
