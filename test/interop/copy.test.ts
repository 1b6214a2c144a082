import assert from 'node:assert/strict';
import { join } from 'node:path';
import { buildImage, helloImage, helloIndex } from 'dray/testing';
import { type DockerRegistry, sha256, startDockerRegistry } from './docker-registry.ts';
import { layout, peerTest } from './peers.ts';
import { createUser, run, type User } from './run.ts';

let shared: Promise<DockerRegistry> | undefined;

async function filledRegistry(): Promise<DockerRegistry> {
  const registry = await startDockerRegistry();
  await registry.push('team/oci:1', helloImage('amd64'));
  await registry.push('team/schema2:1', helloImage('amd64', { flavour: 'docker' }));
  await registry.push('team/index:1', helloIndex());
  return registry;
}

async function start(): Promise<{ readonly host: string; readonly user: User }> {
  shared ??= filledRegistry();
  return { host: (await shared).host, user: createUser() };
}

const KINDS = ['oci', 'schema2', 'index'];

async function digestOf(reference: string): Promise<string> {
  return (await run('crane', ['digest', reference])).trim();
}

peerTest(
  'crane, skopeo and oras find whole what a copy brought to a registry',
  ['docker-registry', 'crane', 'skopeo', 'oras'],
  async () => {
    const { host, user } = await start();
    const other = await startDockerRegistry();
    for (const kind of KINDS) {
      const from = `${host}/team/${kind}:1`;
      const digest = await digestOf(from);
      const places = [
        `oci:${kind}:1`,
        `oci-archive:${kind}.oci.tar:1`,
        `docker-archive:${kind}.tar:${kind}:1`,
        `store:${kind}:1`,
      ];
      for (const place of places) await user.dray(['copy', from, place]);
      for (const [at, place] of [from, ...places].entries()) {
        const to = `${other.host}/copies/${kind}${at}:1`;
        await user.dray(['copy', place, to]);
        assert.equal(await digestOf(to), digest, `${place} to ${to}`);
        if (kind !== 'index') await run('crane', ['validate', '--remote', to]);
        assert.equal(sha256(await run('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${to}`])), digest);
        await run(
          'oras',
          ['cp', '--from-plain-http', to, '--to-oci-layout', join(user.home, `oras-${kind}${at}:1`)],
          user,
        );
      }
    }
  },
);

peerTest('dray copies what skopeo, crane and oras wrote', ['docker-registry', 'crane', 'skopeo', 'oras'], async () => {
  const { host, user } = await start();
  const path = (name: string): string => join(user.home, name);
  const inHome = (place: string): string => place.replace(':', `:${user.home}/`);
  for (const kind of KINDS) {
    const from = `${host}/team/${kind}:1`;
    const digest = await digestOf(from);
    const all = kind === 'index' ? ['--all'] : [];
    await run('skopeo', [
      'copy',
      '-q',
      ...all,
      '--src-tls-verify=false',
      `docker://${from}`,
      `oci:${path(`s-${kind}`)}:1`,
    ]);
    await run('skopeo', [
      'copy',
      '-q',
      ...all,
      '--src-tls-verify=false',
      `docker://${from}`,
      `oci-archive:${path(`s-${kind}.tar`)}:1`,
    ]);
    await run('oras', ['cp', '--from-plain-http', from, '--to-oci-layout', `${path(`o-${kind}`)}:1`], user);
    await run('crane', ['pull', '--insecure', '--format=oci', from, path(`c-${kind}`)]);
    for (const [at, place] of [
      `oci:s-${kind}:1`,
      `oci-archive:s-${kind}.tar:1`,
      `oci:o-${kind}:1`,
      `oci:c-${kind}`,
    ].entries()) {
      const to = `${host}/back/${kind}${at}:1`;
      await user.dray(['copy', place, to]);
      // skopeo makes OCI manifests of docker's.
      const written = place.includes(':s-') ? sha256(await run('skopeo', ['inspect', '--raw', inHome(place)])) : digest;
      assert.equal(await digestOf(to), written, place);
    }
  }
});

peerTest(
  'plain archives of skopeo and crane are pushed compressed, and are the same image',
  ['docker-registry', 'crane', 'skopeo'],
  async () => {
    const { host, user } = await start();
    const from = `${host}/team/schema2:1`;
    const id = sha256(await run('crane', ['config', from]));
    const path = join(user.home, 'plain.tar');
    await run('skopeo', ['copy', '-q', '--src-tls-verify=false', `docker://${from}`, `docker-archive:${path}:plain:1`]);
    await run('crane', ['pull', '--insecure', from, `${path}.crane`]);
    for (const file of ['plain.tar', 'plain.tar.crane']) {
      const to = `${host}/pushed/${file}:1`;
      await user.dray(['push', file, to]);
      await run('crane', ['validate', '--remote', to]);
      assert.equal(sha256(await run('crane', ['config', to])), id);
      const again = await user.dray(['push', file, to]);
      assert.match(again, /Layer already exists/);
    }
  },
);

peerTest('what oras has attached and cosign has tagged comes along', ['docker-registry', 'crane', 'oras'], async () => {
  const { host, user } = await start();
  const other = await startDockerRegistry();
  const from = `${host}/signed/app:1`;
  await run('crane', ['copy', '--insecure', `${host}/team/oci:1`, from]);
  const digest = await digestOf(from);
  await run('sh', ['-c', 'echo signed > signature'], { cwd: user.home });
  await run(
    'oras',
    ['attach', '--plain-http', '--artifact-type', 'application/x.signature', from, 'signature:text/plain'],
    { cwd: user.home, env: user.env },
  );
  const tag = `${digest.replace(':', '-')}.sig`;
  await run('crane', ['copy', '--insecure', `${host}/team/schema2:1`, `${host}/signed/app:${tag}`]);
  const to = `${other.host}/mirror/app:1`;
  await user.dray(['copy', from, to]);
  const found = await run('oras', ['discover', '--plain-http', '--format', 'json', to], user);
  assert.match(found, /application\/x\.signature/);
  assert.equal(await digestOf(`${other.host}/mirror/app:${tag}`), await digestOf(`${host}/team/schema2:1`));
});

peerTest('whole repositories, and choices of them', ['docker-registry', 'crane'], async () => {
  const registry = await startDockerRegistry();
  const user = createUser();
  for (const tag of ['1.9', '1.10', '2.0-rc1', 'latest']) {
    await registry.push(`app:${tag}`, buildImage({ layers: [{ fill: 100 + tag.length, seed: tag }] }));
  }
  const from = `${registry.host}/app`;
  await user.dray([
    'copy',
    '-a',
    '--tags',
    '[0-9]*',
    '--newest',
    '2',
    '--exclude-tags',
    '*-rc*',
    from,
    `${registry.host}/two`,
  ]);
  assert.deepEqual((await run('crane', ['ls', `${registry.host}/two`])).trim().split('\n').toSorted(), ['1.10', '1.9']);
  await user.dray(['copy', '-a', from, 'oci:layout']);
  await user.dray(['copy', '-a', from, `${registry.host}/all`]);
  assert.equal((await run('crane', ['ls', `${registry.host}/all`])).trim().split('\n').length, 4);
});

peerTest('a real image from place to place', ['docker-registry', 'crane', 'skopeo', 'oci-busybox'], async () => {
  const { host, user } = await start();
  const from = `oci:${layout('busybox')}:latest`;
  await user.dray(['copy', from, `${host}/real/busybox:1`]);
  await user.dray(['copy', '--digestfile', 'digest', `${host}/real/busybox:1`, 'docker-archive:bb.tar']);
  await user.dray(['copy', 'docker-archive:bb.tar', 'store:']);
  const pushed = await user.dray(['push', '-q', `${host}/real/busybox:1`]);
  assert.equal(pushed, `${host}/real/busybox:1\n`);
  await run('crane', ['validate', '--remote', `${host}/real/busybox:1`]);
  const file = await run('cat', [join(user.home, 'digest')]);
  assert.equal(file.trim(), await digestOf(`${host}/real/busybox:1`));
});
