import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helloImage, helloIndex, PROGRAM_OUTPUT, type TestGraph } from 'dray/testing';
import { type DockerRegistry, sha256, startDockerRegistry } from './docker-registry.ts';
import { type DockerDaemon, type ImageStore, startDockerDaemon } from './dockerd.ts';
import { peerTest } from './peers.ts';
import { createUser, run } from './run.ts';

const NEEDS = ['dockerd', 'containerd', 'runc', 'docker', 'docker-registry', 'crane'];

/** Every form in which a registry may hold an image; each is the project's own program. */
const KINDS: Readonly<Record<string, TestGraph>> = {
  oci: helloImage('amd64'),
  schema2: helloImage('amd64', { flavour: 'docker' }),
  zstd: helloImage('amd64', { compression: 'zstd' }),
  index: helloIndex(),
  list: helloIndex({ flavour: 'docker' }),
};

const ARCHIVES = ['image.tar', 'image.tar.gz', '-'].flatMap((file) => [
  ['-o', file],
  ['-o', file, '--no-store'],
]);
const OCI_ARCHIVES = ARCHIVES.map((flags) => ['--as', 'oci-archive', ...flags]);

let registry: Promise<DockerRegistry> | undefined;

async function filledRegistry(): Promise<DockerRegistry> {
  const started = await startDockerRegistry();
  for (const [name, graph] of Object.entries(KINDS)) await started.push(`team/${name}:1`, graph);
  return started;
}

const daemons = new Map<ImageStore, Promise<DockerDaemon>>();

/** A registry and a daemon for the whole file; every test leaves the daemon without images. */
async function start(images: ImageStore): Promise<{ readonly host: string; readonly daemon: DockerDaemon }> {
  registry ??= filledRegistry();
  const daemon = daemons.get(images) ?? startDockerDaemon(images);
  daemons.set(images, daemon);
  return { host: (await registry).host, daemon: await daemon };
}

/** Pulls to an archive, and says where it is. */
async function pullArchive(flags: readonly string[], reference: string): Promise<string> {
  const user = createUser();
  const { status, stdout, stderr } = await user.tryDray(['pull', ...flags, reference]);
  assert.equal(status, 0, stderr);
  const name = flags[flags.indexOf('-o') + 1] ?? '';
  if (name !== '-') return join(user.home, name);
  const file = join(user.home, 'stdout.tar');
  writeFileSync(file, stdout);
  return file;
}

/** What of `docker image inspect` tells one image from another. */
interface Inspected {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly RootFS: { readonly Layers: readonly string[] };
}

async function inspect(daemon: DockerDaemon, reference: string): Promise<Inspected> {
  const [image] = JSON.parse(await daemon.docker('image', 'inspect', reference)) as Inspected[];
  assert.ok(image !== undefined);
  return image;
}

/** Loads an archive into a daemon without images: it must become this one name. */
async function loadAlone(daemon: DockerDaemon, file: string, reference: string): Promise<Inspected> {
  assert.equal(await daemon.docker('load', '-i', file), `Loaded image: ${reference}\n`);
  const image = await inspect(daemon, reference);
  assert.deepEqual(image.RepoTags, [reference]);
  await daemon.docker('rmi', reference);
  assert.equal(await daemon.docker('images', '-aq'), '');
  return image;
}

peerTest('docker load: each kind of image from each archive: name, image id and layers', NEEDS, async () => {
  const { host, daemon } = await start('graph');
  for (const kind of Object.keys(KINDS)) {
    const reference = `${host}/team/${kind}:1`;
    const config = await run('crane', ['config', '--platform=linux/amd64', reference]);
    const { rootfs } = JSON.parse(config) as { readonly rootfs: { readonly diff_ids: readonly string[] } };
    for (const flags of kind === 'oci' ? ARCHIVES : ARCHIVES.slice(0, 2)) {
      const image = await loadAlone(daemon, await pullArchive(flags, reference), reference);
      assert.equal(image.Id, sha256(config), `${kind} ${flags.join(' ')}`);
      assert.deepEqual(image.RootFS.Layers, rootfs.diff_ids);
    }
  }
});

peerTest("docker load into containerd's image store: the registry's digest is kept", NEEDS, async () => {
  const { host, daemon } = await start('containerd');
  for (const kind of Object.keys(KINDS)) {
    const reference = `${host}/team/${kind}:1`;
    // An archive of one platform has that platform's manifest; one of all platforms has the index.
    const one = (await run('crane', ['digest', '--platform=linux/amd64', reference])).trim();
    const whole = (await run('crane', ['digest', reference])).trim();
    for (const flags of kind === 'oci' ? [...ARCHIVES, ...OCI_ARCHIVES] : [...ARCHIVES, ...OCI_ARCHIVES].slice(5, 7)) {
      const image = await loadAlone(daemon, await pullArchive(flags, reference), reference);
      assert.deepEqual(image.RepoDigests, [`${host}/team/${kind}@${one}`], `${kind} ${flags.join(' ')}`);
    }
    const all = await loadAlone(daemon, await pullArchive(['--all-platforms', '-o', 'all.tar'], reference), reference);
    assert.deepEqual(all.RepoDigests, [`${host}/team/${kind}@${whole}`]);
  }
});

peerTest('docker run: what was loaded is a program that works', NEEDS, async () => {
  for (const images of ['graph', 'containerd'] as const) {
    const { host, daemon } = await start(images);
    const reference = `${host}/team/zstd:1`;
    await daemon.docker('load', '-i', await pullArchive(['-o', 'image.tar'], reference));
    assert.equal(await daemon.docker('run', '--rm', '--network=none', reference), PROGRAM_OUTPUT);
    await daemon.docker('rmi', reference);
  }
});

peerTest('docker load: several references, and all tags, in one file', NEEDS, async () => {
  const { host, daemon } = await start('graph');
  const { dray, home } = createUser();
  const references = ['oci', 'schema2', 'list'].map((kind) => `${host}/team/${kind}:1`);
  await dray(['pull', '-o', 'three.tar', ...references]);
  const said = (await daemon.docker('load', '-i', join(home, 'three.tar'))).trimEnd().split('\n');
  assert.deepEqual(said.toSorted(), references.map((name) => `Loaded image: ${name}`).toSorted());
  await daemon.docker('rmi', ...references);
  await dray(['pull', '-a', '-o', 'all.tar', `${host}/team/index`]);
  assert.equal(await daemon.docker('load', '-i', join(home, 'all.tar')), `Loaded image: ${host}/team/index:1\n`);
  await daemon.docker('rmi', `${host}/team/index:1`);
});

peerTest('docker load: another platform, and all of them at once', NEEDS, async () => {
  const reference = (host: string): string => `${host}/team/index:1`;
  for (const images of ['graph', 'containerd'] as const) {
    const { host, daemon } = await start(images);
    const file = await pullArchive(['--platform', 'linux/arm64', '-o', 'arm.tar'], reference(host));
    const image = await loadAlone(daemon, file, reference(host));
    const args = ['--platform=linux/arm64', reference(host)];
    const id =
      images === 'graph' ? sha256(await run('crane', ['config', ...args])) : await run('crane', ['digest', ...args]);
    assert.equal(image.Id, id.trim());
  }
  // The old image store has no image of several platforms: the name is that of the wanted one.
  const { host, daemon } = await start('graph');
  const all = await pullArchive(['--all-platforms', '-o', 'all.tar'], reference(host));
  assert.match(await daemon.docker('load', '-i', all), new RegExp(`^Loaded image: ${reference(host)}\n`));
  const { Id } = await inspect(daemon, reference(host));
  assert.equal(Id, sha256(await run('crane', ['config', '--platform=linux/amd64', reference(host)])));
  await daemon.docker('image', 'prune', '-af');
});

peerTest('docker load: an image that was pulled by digest has no name', NEEDS, async () => {
  const { host, daemon } = await start('graph');
  const config = await run('crane', ['config', `${host}/team/oci:1`]);
  const reference = `${host}/team/oci@${(await run('crane', ['digest', `${host}/team/oci:1`])).trim()}`;
  const file = await pullArchive(['-o', 'image.tar'], reference);
  assert.equal(await daemon.docker('load', '-i', file), `Loaded image ID: ${sha256(config)}\n`);
  await daemon.docker('rmi', sha256(config));
});
