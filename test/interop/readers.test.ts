import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helloImage, helloIndex } from 'dray/testing';
import { type DockerRegistry, sha256, startDockerRegistry } from './docker-registry.ts';
import { peerTest } from './peers.ts';
import { createUser, run, type User } from './run.ts';

let shared: Promise<DockerRegistry> | undefined;

async function filledRegistry(): Promise<DockerRegistry> {
  const registry = await startDockerRegistry();
  await registry.push('team/oci:1', helloImage('amd64'));
  await registry.push('team/schema2:1', helloImage('amd64', { flavour: 'docker' }));
  await registry.push('team/index:1', helloIndex());
  return registry;
}

/** A registry for the whole file, and a fresh user. */
async function start(): Promise<{ readonly host: string; readonly user: User }> {
  shared ??= filledRegistry();
  return { host: (await shared).host, user: createUser() };
}

const KINDS = ['oci', 'schema2', 'index'];

/** The manifest of linux/amd64 and its config, as crane reads them. */
async function truth(reference: string): Promise<{ readonly digest: string; readonly id: string }> {
  const manifest = await run('crane', ['manifest', '--platform=linux/amd64', reference]);
  const { config } = JSON.parse(manifest) as { readonly config: { readonly digest: string } };
  const index = (await run('crane', ['digest', '--platform=linux/amd64', reference])).trim();
  return { digest: index, id: config.digest };
}

/** The config of what skopeo finds at a place, as its digest: the image id. */
async function idBySkopeo(place: string): Promise<string> {
  return sha256(await run('skopeo', ['inspect', '--config', '--raw', place]));
}

peerTest('skopeo reads every output', ['docker-registry', 'crane', 'skopeo'], async () => {
  const { host, user } = await start();
  for (const kind of KINDS) {
    const reference = `${host}/team/${kind}:1`;
    const { id, digest } = await truth(reference);
    for (const [at, stored] of [[], ['--no-store']].entries()) {
      const name = `${kind}-${at}`;
      await user.dray(['pull', ...stored, '-o', `${name}.tar`, reference]);
      await user.dray(['pull', ...stored, '-o', `${name}.tar.gz`, reference]);
      await user.dray(['pull', ...stored, '-o', `${name}.oci.tar`, '--as', 'oci-archive', reference]);
      await user.dray(['pull', ...stored, '-o', name, '--as', 'oci-dir', reference]);
      const path = join(user.home, name);
      for (const place of [`docker-archive:${path}.tar`, `docker-archive:${path}.tar.gz:${reference}`]) {
        assert.equal(await idBySkopeo(place), id, place);
      }
      for (const place of [`oci-archive:${path}.oci.tar:1`, `oci:${path}:1`, `oci-archive:${path}.tar:1`]) {
        assert.equal(await idBySkopeo(place), id, place);
        assert.equal(sha256(await run('skopeo', ['inspect', '--raw', place])), digest, place);
        await run('skopeo', ['copy', '-q', place, `dir:${path}-copy`]);
      }
    }
  }
});

peerTest('crane takes the archive and the layout back to a registry', ['docker-registry', 'crane'], async () => {
  const { host, user } = await start();
  const reference = `${host}/team/index:1`;
  const { digest, id } = await truth(reference);
  await user.dray(['pull', '-o', 'image.tar', reference]);
  await user.dray(['pull', '-o', 'layout', '--as', 'oci-dir', reference]);
  const file = join(user.home, 'image.tar');
  await run('crane', ['validate', '--tarball', file]);
  await run('crane', ['push', file, `${host}/back/tar:1`]);
  assert.equal((await truth(`${host}/back/tar:1`)).id, id);
  await run('crane', ['push', join(user.home, 'layout'), `${host}/back/layout:1`]);
  assert.equal((await run('crane', ['digest', `${host}/back/layout:1`])).trim(), digest);
  await run('crane', ['validate', '--remote', `${host}/back/layout:1`]);
});

peerTest(
  'all platforms: skopeo and oras carry the whole index',
  ['docker-registry', 'crane', 'skopeo', 'oras'],
  async () => {
    const { host, user } = await start();
    const reference = `${host}/team/index:1`;
    const digest = (await run('crane', ['digest', reference])).trim();
    await user.dray(['pull', '--all-platforms', '-o', 'all.tar', '--as', 'oci-archive', reference]);
    await user.dray(['pull', '--all-platforms', '-o', 'all', '--as', 'oci-dir', reference]);
    const to = (name: string): string => `${host}/back/${name}:1`;
    const copyAll = ['copy', '-q', '--all', '--preserve-digests', '--dest-tls-verify=false'];
    await run('skopeo', [...copyAll, `oci-archive:${join(user.home, 'all.tar')}:1`, `docker://${to('skopeo')}`]);
    await run(
      'oras',
      ['copy', '--from-oci-layout', `${join(user.home, 'all')}:1`, '--to-plain-http', to('oras')],
      user,
    );
    await run(
      'oras',
      ['copy', '--from-oci-layout', `${join(user.home, 'all.tar')}:1`, '--to-plain-http', to('tar')],
      user,
    );
    for (const name of ['skopeo', 'oras', 'tar']) {
      assert.equal((await run('crane', ['digest', to(name)])).trim(), digest, name);
      await run('crane', ['validate', '--remote', to(name)]);
    }
  },
);

peerTest('umoci unpacks the layout', ['docker-registry', 'umoci'], async () => {
  const { host, user } = await start();
  await user.dray(['pull', '-o', 'layout', '--as', 'oci-dir', `${host}/team/index:1`]);
  const bundle = join(user.home, 'bundle');
  await run('umoci', ['unpack', '--rootless', '--image', `${join(user.home, 'layout')}:1`, bundle]);
  assert.deepEqual(readdirSync(join(bundle, 'rootfs')), ['hello']);
});

peerTest('buildah takes archives and the layout', ['docker-registry', 'buildah', 'crane'], async () => {
  const { host, user } = await start();
  const reference = `${host}/team/oci:1`;
  const { id } = await truth(reference);
  await user.dray(['pull', '-o', 'image.tar', reference]);
  await user.dray(['pull', '-o', 'image.oci.tar', '--as', 'oci-archive', reference]);
  await user.dray(['pull', '-o', 'layout', '--as', 'oci-dir', reference]);
  const conf = join(user.home, 'containers.conf');
  // It wants to see a program for networks, which nothing here uses.
  writeFileSync(join(user.home, 'netavark'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(conf, `[engine]\nhelper_binaries_dir = ["${user.home}"]\n`);
  const env = { ...user.env, CONTAINERS_CONF: conf };
  const store = ['--storage-driver=vfs', '--root', join(user.home, 'storage'), '--runroot', join(user.home, 'run')];
  for (const place of ['docker-archive:image.tar', 'oci-archive:image.oci.tar:1', 'oci:layout:1']) {
    const pulled = await run('buildah', [...store, 'pull', '-q', place], { env, cwd: user.home });
    assert.equal(`sha256:${pulled.trim()}`, id, place);
  }
});

peerTest(
  'tags, manifests, configs and digests are those of crane, byte for byte',
  ['docker-registry', 'crane'],
  async () => {
    const { host, user } = await start();
    for (const kind of KINDS) {
      const reference = `${host}/team/${kind}:1`;
      const same = async (dray: readonly string[], crane: readonly string[]): Promise<void> => {
        assert.equal(await user.dray([...dray, reference]), await run('crane', [...crane, reference]), dray.join(' '));
      };
      await same(['manifest', '--raw'], ['manifest']);
      await same(['config', '--raw', '--platform', 'linux/amd64'], ['config', '--platform', 'linux/amd64']);
      await same(['digest'], ['digest']);
      await same(['manifest', '--raw', '--platform', 'linux/amd64'], ['manifest', '--platform', 'linux/amd64']);
      await same(['digest', '--platform', 'linux/amd64'], ['digest', '--platform', 'linux/amd64']);
    }
    for (const tag of ['a', 'B', '1.10', '1.9', 'latest']) await run('crane', ['tag', `${host}/team/oci:1`, tag]);
    const listed = await run('crane', ['ls', `${host}/team/oci`]);
    assert.equal(await user.dray(['tags', `${host}/team/oci`]), listed);
    assert.deepEqual(JSON.parse(await user.dray(['tags', '--json', `${host}/team/oci`])), {
      name: `${host}/team/oci`,
      tags: listed.trim().split('\n'),
    });
  },
);
