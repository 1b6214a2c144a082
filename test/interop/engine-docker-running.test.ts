import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRegistry } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { type EngineHost, startEngineHost } from './engine-host.ts';
import { randomImage, tutorialImages, writeArchive } from './engine-images.ts';
import { mask } from './engine-mask.ts';
import { peerPath, peerTest } from './peers.ts';

const NEEDS = ['docker', 'docker-registry'];

interface Running {
  readonly child: ChildProcess;
  said(): string;
  /** Its exit status; null after a signal. */
  readonly ended: Promise<number | null>;
}

/** docker, for as long as it runs. */
function start(engine: EngineHost, ...args: readonly string[]): Running {
  const env = { HOME: engine.home, DOCKER_HOST: engine.host, PATH: peerPath };
  const child = spawn('docker', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += String(data)));
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  atEnd(() => void child.kill('SIGKILL'));
  return { child, said: () => text, ended };
}

async function until(holds: () => boolean, what: () => string): Promise<void> {
  for (const end = Date.now() + 60_000; !holds(); await sleep(20)) assert.ok(Date.now() < end, what());
}

peerTest('docker events tells what happens while it happens', NEEDS, async () => {
  const engine = await startEngineHost('dray');
  const { port } = await startDockerRegistry();
  const name = `localhost:${port}/hello`;
  writeArchive(engine.home, 'h.tar', [{ image: tutorialImages().hello, names: ['hello:1'] }]);
  // What happens before it listens is told too.
  const since = String(Date.now() / 1000);
  const events = start(engine, 'events', '--since', since, '--format', '{{.Action}} {{.Actor.Attributes.name}}');
  const pulls = start(engine, 'events', '--since', since, '--filter', 'event=pull', '--format', '{{.Action}} {{.ID}}');
  const line = `docker load -q -i h.tar && docker tag hello:1 ${name}:1 && docker push -q ${name}:1 && docker rmi hello:1 ${name}:1 && docker pull ${name}:1`;
  const done = await engine.type(line);
  assert.equal(done.status, 0, done.stderr);
  await until(
    () => /^pull .*\n/m.test(events.said()) && pulls.said().endsWith('\n'),
    () => events.said(),
  );
  assert.deepEqual(
    mask(events.said(), { registry: `localhost:${port}` })
      .trimEnd()
      .split('\n'),
    [
      'load sha256:DIGEST',
      'tag REGISTRY/hello:1',
      'push REGISTRY/hello',
      'untag sha256:DIGEST',
      'untag sha256:DIGEST',
      'delete sha256:DIGEST',
      'pull REGISTRY/hello',
    ],
  );
  assert.equal(pulls.said(), `pull ${name}:1\n`);
  events.child.kill('SIGINT');
  pulls.child.kill('SIGINT');
  await Promise.all([events.ended, pulls.ended]);
});

peerTest('docker that is interrupted takes its pull and push with it', NEEDS, async () => {
  const engine = await startEngineHost('dray');
  const waiting = new Set<ServerResponse>();
  const server = createServer((_, response) => {
    waiting.add(response);
    response.on('close', () => waiting.delete(response));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close().closeAllConnections());
  const name = `localhost:${(server.address() as AddressInfo).port}/rnd:1`;
  writeArchive(engine.home, 'r.tar', [{ image: randomImage(), names: ['rnd:1'] }]);
  assert.equal((await engine.type(`docker load -q -i r.tar && docker tag rnd:1 ${name}`)).status, 0);
  for (const action of ['pull', 'push']) {
    const docker = start(engine, action, name);
    await until(
      () => waiting.size > 0,
      () => `the registry was not asked: ${docker.said()}`,
    );
    docker.child.kill('SIGINT');
    assert.notEqual(await docker.ended, 0);
    await until(
      () => waiting.size === 0,
      () => `${waiting.size} requests of the ${action} go on`,
    );
  }
  assert.equal((await engine.type('docker images -q rnd')).status, 0);
});

peerTest('two that pull the same are served by one download', ['docker'], async () => {
  const engine = await startEngineHost('dray');
  const image = randomImage();
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const registry = await startRegistry({
    images: { 'rnd:1': image },
    faults: [
      async (request, next) => {
        if (image.layers.some(({ digest }) => digest === request.reference)) await opened;
        return next(request);
      },
    ],
  });
  atEnd(() => registry.close());
  const name = registry.reference('rnd:1').replace('127.0.0.1', 'localhost');
  const both = [1, 2].map(() => start(engine, 'pull', name));
  // Before both are there no layer comes: the second would find the image.
  await until(
    () => both.every(({ said }) => said().includes('Pulling from')),
    () => both.map(({ said }) => said()).join(),
  );
  open();
  for (const { said, ended } of both) {
    assert.equal(await ended, 0, said());
    assert.match(said(), /^Status: Downloaded newer image for /m);
  }
  const blobs = registry.requests
    .filter(({ kind, method }) => kind === 'blob' && method === 'GET')
    .map(({ path }) => path);
  assert.deepEqual(blobs.toSorted(), [...new Set(blobs)].toSorted(), 'a blob was asked for twice');
});
