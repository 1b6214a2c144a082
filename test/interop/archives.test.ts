import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildImage, buildIndex, buildLayer, helloProgram, type TestGraph, type TestImage } from 'dray/testing';
import { type DockerRegistry, sha256, startDockerRegistry } from './docker-registry.ts';
import { type DockerDaemon, type ImageStore, startDockerDaemon } from './dockerd.ts';
import { peerTest } from './peers.ts';
import { createUser, run, type User } from './run.ts';

const BASE = buildLayer({ files: [{ name: 'etc/' }, { name: 'etc/base', content: 'base' }], fill: 300_000 });

/** Images that share a layer; the program is the only one that runs. */
function imageFor(architecture: 'amd64' | 'arm64', version: string, flavour: 'oci' | 'docker' = 'oci'): TestImage {
  return buildImage({
    flavour,
    platform: { os: 'linux', architecture },
    layers: [
      BASE,
      {
        files: [
          { name: 'hello', content: helloProgram(architecture), mode: 0o755 },
          { name: version, content: version },
        ],
      },
    ],
    config: { Entrypoint: ['/hello'], Env: ['PATH=/'] },
  });
}

const KINDS: Readonly<Record<string, TestGraph>> = {
  oci: imageFor('amd64', '1'),
  schema2: imageFor('amd64', '2', 'docker'),
  index: buildIndex([imageFor('amd64', '3'), imageFor('arm64', '3')]),
};
const ID_OF = new Map([
  ['oci', imageFor('amd64', '1').config.digest],
  ['schema2', imageFor('amd64', '2', 'docker').config.digest],
  ['index', imageFor('amd64', '3').config.digest],
]);

let shared: Promise<DockerRegistry> | undefined;

async function filledRegistry(): Promise<DockerRegistry> {
  const registry = await startDockerRegistry();
  for (const [name, graph] of Object.entries(KINDS)) await registry.push(`team/${name}:1`, graph);
  return registry;
}

/** A registry for the whole file, and a fresh user. */
async function start(): Promise<{ readonly host: string; readonly user: User }> {
  shared ??= filledRegistry();
  return { host: (await shared).host, user: createUser() };
}

interface Loaded {
  readonly images: readonly {
    readonly names: readonly string[];
    readonly id: string;
    readonly root: { readonly digest: string };
  }[];
}

/** Loads a file with an empty store. */
async function load(user: User, file: string, ...flags: readonly string[]): Promise<Loaded['images']> {
  const text = await createUser().dray(['load', '--json', ...flags, '-i', join(user.home, file)]);
  return (JSON.parse(text) as Loaded).images;
}

const skopeo = (...args: readonly string[]): Promise<string> =>
  run('skopeo', ['copy', '-q', '--insecure-policy', '--src-tls-verify=false', ...args]);

/** The config of what skopeo finds at a place, as its digest: the image id. */
async function idBySkopeo(place: string): Promise<string> {
  return sha256(await run('skopeo', ['inspect', '--config', '--raw', place]));
}

peerTest(
  'what skopeo writes is loaded: same ids, and digests where they are kept',
  ['docker-registry', 'skopeo'],
  async () => {
    const { host, user } = await start();
    const at = (name: string): string => join(user.home, name);
    for (const [kind, id] of ID_OF) {
      const from = `docker://${host}/team/${kind}:1`;
      await skopeo(from, `docker-archive:${at(`${kind}.tar`)}:team/${kind}:1`);
      const [image] = await load(user, `${kind}.tar`);
      assert.deepEqual([image?.names, image?.id], [[`team/${kind}:1`], id], kind);
      await skopeo('--all', '--preserve-digests', from, `oci-archive:${at(`${kind}-oci.tar`)}:one`);
      const [whole] = await load(user, `${kind}-oci.tar`);
      assert.deepEqual([whole?.names, whole?.id, whole?.root.digest], [[], id, KINDS[kind]?.root.digest], kind);
      await run('gzip', ['-kf', at(`${kind}-oci.tar`)]);
      assert.equal((await load(user, `${kind}-oci.tar.gz`))[0]?.id, id);
    }
  },
);

peerTest('what crane writes is loaded', ['docker-registry', 'crane'], async () => {
  const { host, user } = await start();
  const references = ['oci', 'schema2'].map((kind) => `${host}/team/${kind}:1`);
  await run('crane', ['pull', '--insecure', ...references, join(user.home, 'crane.tar')]);
  const images = await load(user, 'crane.tar');
  assert.deepEqual(
    new Map(images.map(({ names: [name], id }) => [name, id])),
    new Map([
      [references[0], ID_OF.get('oci')],
      [references[1], ID_OF.get('schema2')],
    ]),
  );
  await run('crane', ['pull', '--insecure', '--format=oci', `${host}/team/index:1`, join(user.home, 'layout')]);
  await run('tar', ['-C', join(user.home, 'layout'), '-cf', join(user.home, 'layout.tar'), '.']);
  assert.equal((await load(user, 'layout.tar'))[0]?.root.digest, KINDS['index']?.root.digest);
});

peerTest('skopeo, crane and umoci read what is saved', ['docker-registry', 'skopeo', 'crane', 'umoci'], async () => {
  const { host, user } = await start();
  const at = (name: string): string => join(user.home, name);
  for (const [kind, id] of ID_OF) {
    const reference = `${host}/team/${kind}:1`;
    await user.dray(['pull', '--all-platforms', '-q', reference]);
    for (const name of ['saved.tar', 'saved.tar.gz']) {
      await user.dray(['save', '-o', name, '--platform', 'linux/amd64', reference]);
      assert.equal(await idBySkopeo(`docker-archive:${at(name)}:${reference}`), id, kind);
    }
    await run('crane', ['validate', '--tarball', at('saved.tar')]);
    await run('crane', ['push', '--insecure', at('saved.tar'), `${host}/back/${kind}:1`]);
    assert.equal(sha256(await run('crane', ['config', '--insecure', `${host}/back/${kind}:1`])), id);
    await user.dray(['save', '-o', 'all.tar', '--as', 'oci-archive', reference]);
    await skopeo('--all', '--preserve-digests', `oci-archive:${at('all.tar')}:1`, `dir:${at(`dir-${kind}`)}`);
    assert.equal(
      sha256(await run('skopeo', ['inspect', '--raw', `oci-archive:${at('all.tar')}:1`])),
      KINDS[kind]?.root.digest,
    );
    // It knows nothing of docker's types.
    if (kind === 'schema2') continue;
    await user.dray(['save', '-o', `layout-${kind}`, '--as', 'oci-dir', '--platform', 'linux/amd64', reference]);
    await run('umoci', ['unpack', '--rootless', '--image', `${at(`layout-${kind}`)}:1`, at(`bundle-${kind}`)]);
  }
  // Several in one file.
  const all = [...ID_OF.keys()].map((kind) => `${host}/team/${kind}:1`);
  await user.dray(['save', '-o', 'several.tar', ...all]);
  for (const [index, reference] of all.entries()) {
    assert.equal(
      await idBySkopeo(`docker-archive:${join(user.home, 'several.tar')}:${reference}`),
      [...ID_OF.values()][index],
    );
  }
});

peerTest('buildah: both ways', ['docker-registry', 'buildah'], async () => {
  const { host, user } = await start();
  const reference = `${host}/team/oci:1`;
  await user.dray(['pull', '-q', reference]);
  await user.dray(['save', '-o', 'image.tar', reference]);
  const conf = join(user.home, 'containers.conf');
  // It wants to see a program for networks, which nothing here uses.
  writeFileSync(join(user.home, 'netavark'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(conf, `[engine]\nhelper_binaries_dir = ["${user.home}"]\n`);
  const env = { ...user.env, CONTAINERS_CONF: conf };
  const store = ['--storage-driver=vfs', '--root', join(user.home, 'storage'), '--runroot', join(user.home, 'run')];
  const buildah = (...args: readonly string[]): Promise<string> =>
    run('buildah', [...store, ...args], { env, cwd: user.home });
  const pulled = (await buildah('pull', '-q', 'docker-archive:image.tar')).trim();
  assert.equal(`sha256:${pulled}`, ID_OF.get('oci'));
  await buildah('push', '-q', pulled, 'docker-archive:back.tar:team/back:1');
  const [image] = await load(user, 'back.tar');
  assert.deepEqual([image?.names, image?.id], [['team/back:1'], ID_OF.get('oci')]);
  await buildah('push', '-q', pulled, 'oci-archive:back-oci.tar:1');
  assert.equal((await load(user, 'back-oci.tar')).length, 1);
});

const DOCKER = ['dockerd', 'containerd', 'runc', 'docker', 'docker-registry'];
const daemons = new Map<ImageStore, Promise<DockerDaemon>>();

async function daemonOf(images: ImageStore): Promise<DockerDaemon> {
  const daemon = daemons.get(images) ?? startDockerDaemon(images);
  daemons.set(images, daemon);
  return daemon;
}

for (const images of ['graph', 'containerd'] as const) {
  peerTest(`docker with its ${images} store: what it saves is loaded, what is saved it loads`, DOCKER, async () => {
    const { host, user } = await start();
    const daemon = await daemonOf(images);
    const at = (name: string): string => join(user.home, name);
    const references = [...ID_OF.keys()].map((kind) => `${host}/team/${kind}:1`);
    await user.dray(['pull', '-q', ...references]);
    await user.dray(['save', '-o', 'dray.tar', ...references]);
    const said = await daemon.docker('load', '-i', at('dray.tar'));
    assert.deepEqual(said.trim().split('\n').toSorted(), references.map((name) => `Loaded image: ${name}`).toSorted());
    await daemon.docker('save', '-o', at('docker.tar'), ...references);
    const back = await load(user, 'docker.tar');
    assert.deepEqual(back.flatMap(({ names }) => names).toSorted(), references.toSorted());
    for (const [kind, id] of ID_OF) {
      const found = back.find(({ names }) => names.includes(`${host}/team/${kind}:1`));
      assert.equal(found?.id, id, kind);
      if (images === 'graph') {
        assert.equal((await daemon.docker('image', 'inspect', '-f', '{{.Id}}', `${host}/team/${kind}:1`)).trim(), id);
      }
    }
    const [, , index = ''] = references;
    const text = await daemon.docker('image', 'inspect', '-f', '{{.Id}}', index);
    await daemon.docker('save', '-o', at('id.tar'), text.trim());
    const [nameless] = await load(user, 'id.tar');
    assert.equal(nameless?.id, ID_OF.get('index'));
    await daemon.docker('rmi', ...references);
    assert.match(await user.dray(['load', '-i', at('docker.tar')]), /^Loaded image: /);
    // Back from the store that has both, to the daemon that has none.
    await user.dray(['save', '-o', 'again.tar.gz', ...references]);
    await daemon.docker('load', '-i', at('again.tar.gz'));
    await daemon.docker('rmi', ...references);
  });
}

peerTest("docker: several platforms in containerd's store", DOCKER, async () => {
  const { host, user } = await start();
  const daemon = await daemonOf('containerd');
  const at = (name: string): string => join(user.home, name);
  const reference = `${host}/team/index:1`;
  await user.dray(['pull', '-q', '--all-platforms', reference]);
  await user.dray(['save', '-o', 'all.tar', reference]);
  await daemon.docker('load', '-i', at('all.tar'));
  await daemon.docker('save', '-o', at('whole.tar'), reference);
  const [whole] = await load(user, 'whole.tar');
  assert.equal(whole?.root.digest, KINDS['index']?.root.digest);
  // It writes the index whose other children are not in the archive.
  await daemon.docker('save', '--platform', 'linux/arm64', '-o', at('arm.tar'), reference);
  const [arm] = await load(user, 'arm.tar');
  assert.equal(arm?.id, imageFor('arm64', '3').config.digest);
  await daemon.docker('rmi', reference);
});

peerTest('a delta: others refuse it, and where its base is dray joins it', [...DOCKER, 'skopeo', 'crane'], async () => {
  const { host, user } = await start();
  await user.dray(['pull', '-q', `${host}/team/oci:1`, `${host}/team/schema2:1`]);
  await user.dray(['save', '-o', 'base.tar', `${host}/team/oci:1`]);
  await user.dray(['save', '-o', 'delta.tar', '--without', 'base.tar', `${host}/team/schema2:1`]);
  const delta = join(user.home, 'delta.tar');
  await assert.rejects(skopeo(`docker-archive:${delta}`, `dir:${join(user.home, 'dir')}`));
  await assert.rejects(run('crane', ['validate', '--tarball', delta]));
  // One that never had the layers: what it has it does not look for, images removed or not.
  const daemon = await startDockerDaemon('graph');
  await assert.rejects(daemon.docker('load', '-i', delta));
  const other = createUser();
  const refused = await other.tryDray(['load', '-i', delta]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /it is a delta.*\n.*base\.tar/s);
  await other.dray(['load', '-i', join(user.home, 'base.tar')]);
  assert.equal(await other.dray(['load', '-i', delta]), `Loaded image: ${host}/team/schema2:1\n`);
});
