import assert from 'node:assert/strict';
import { helloImage, helloIndex } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { type Dockerd, needsOf, startDockerDaemon } from './dockerd.ts';
import { OLD_DOCKERS, peerTest } from './peers.ts';
import { createUser } from './run.ts';

const KINDS: readonly Dockerd[] = ['graph', 'containerd', ...OLD_DOCKERS];

for (const kind of KINDS) {
  const needs = [...needsOf(kind), 'docker-registry'];
  peerTest(`docker-daemon: is a place to copy to and from, with dockerd (${kind})`, needs, async () => {
    const [daemon, registry] = await Promise.all([startDockerDaemon(kind), startDockerRegistry()]);
    const image = helloImage('amd64');
    await registry.push('team/one:1', image);
    await registry.push('team/many:1', helloIndex());
    const user = createUser();
    const env = { DOCKER_HOST: daemon.host };
    const dray = (...args: readonly string[]): Promise<string> => user.dray(args, { env });

    await dray('copy', `${registry.host}/team/one:1`, 'docker-daemon:one:1');
    await dray('copy', `${registry.host}/team/many:1`, 'docker-daemon:many:1');
    const names = await daemon.docker('images', '--format', '{{.Repository}}:{{.Tag}}');
    assert.deepEqual(names.trim().split('\n').toSorted(), ['many:1', 'one:1']);

    // and back: what the engine has can be looked at, pushed and kept
    const id = (await daemon.docker('inspect', '--format', '{{.Id}}', 'one:1')).trim();
    assert.equal((await dray('inspect', '--format', '{{.Id}}', 'docker-daemon:one:1')).trim(), image.config.digest);
    assert.equal((await dray('inspect', '--format', '{{.Id}}', `docker-daemon:${id}`)).trim(), image.config.digest);
    await dray('copy', 'docker-daemon:one:1', 'store:one:1');
    assert.equal((await dray('images', '-q', '--no-trunc', 'one:1')).trim(), image.config.digest);
    await daemon.docker('tag', 'one:1', `${registry.host}/team/back:1`);
    await dray('copy', `docker-daemon:${registry.host}/team/back:1`, `${registry.host}/team/back:1`);
    assert.equal(
      (await dray('inspect', '--format', '{{.Id}}', `docker://${registry.host}/team/back:1`)).trim(),
      image.config.digest,
    );

    const absent = await user.tryDray(['copy', 'docker-daemon:nosuch:1', 'store:x:1'], { env });
    assert.equal(absent.status, 4);
    assert.match(absent.stderr, /the Docker engine at unix:\S+ has no image nosuch:1\nhint: docker images/);
  });
}

peerTest('an engine that is not there is told of', ['docker'], async () => {
  const user = createUser();
  const env = { DOCKER_HOST: 'unix:///nothing/here.sock' };
  const { status, stderr } = await user.tryDray(['inspect', 'docker-daemon:a:1'], { env });
  assert.equal(status, 1);
  assert.match(stderr, /^dray: .*unix:\/\/\/nothing\/here\.sock/);
  assert.match(stderr, /\nhint: /);
});
