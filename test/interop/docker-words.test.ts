import assert from 'node:assert/strict';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { buildImage, buildLayer } from 'dray/testing';
import { startDockerRegistry } from './docker-registry.ts';
import { type DockerDaemon, startDockerDaemon } from './dockerd.ts';
import { peerTest } from './peers.ts';
import { createUser, type Ended, type User } from './run.ts';

const NEEDS = ['dockerd', 'containerd', 'runc', 'docker', 'docker-registry', 'crane'];

const BASE = buildLayer({
  files: [{ name: 'etc/' }, { name: 'etc/release', content: 'x'.repeat(7000) }, { name: 'link', link: 'etc/release' }],
});
const JAVA = buildImage({
  layers: [BASE, { files: [{ name: 'java', content: 'j'.repeat(123_456) }] }],
  config: {
    Cmd: ['jshell'],
    Entrypoint: ['/bin/<&>'],
    Env: ['PATH=/bin', 'JAVA_HOME=/java'],
    ExposedPorts: { '8080/tcp': {}, '53/udp': {} },
    Healthcheck: { Test: ['CMD', 'true'], Interval: 30_000_000_000 },
    Labels: { version: '0.1', 'com.example': 'a<b' },
    StopSignal: 'SIGTERM',
    Volumes: { '/data': {} },
    WorkingDir: '/work',
  },
  editConfig: (config) => ({
    ...config,
    author: 'somebody',
    created: '2026-03-02T01:00:00.123456Z',
    history: [
      { created: '2026-03-01T00:00:00Z', created_by: '/bin/sh -c #(nop) ADD file:0123456789 in /\t', comment: 'base' },
      { created: '2026-03-02T00:00:00Z', created_by: `/bin/sh -c ${'ü'.repeat(60)}` },
      { created: '2026-03-02T01:00:00Z', created_by: 'CMD ["jshell"]', comment: 'buildkit', empty_layer: true },
    ],
  }),
});
const PLAIN = buildImage({
  layers: [BASE, { files: [{ name: 'plain', content: 'p' }] }],
  config: { Labels: { version: '0.2' } },
  editConfig: (config) => ({ ...config, created: '2026-02-01T00:00:00Z' }),
});

/** The short ID of an image. */
const short = (image: typeof JAVA): string => image.config.digest.slice(7, 19);

/** Command lines, in the order in which both run them, in the state that those before have left. */
function lines(java: string): readonly (readonly string[])[] {
  const id = short(JAVA);
  const tagged = java.replace(/:8$/, '');
  return [
    ['images'],
    ['images', java],
    ['images', tagged],
    ['images', '--no-trunc'],
    ['images', '--digests'],
    ['images', '-q', '--no-trunc'],
    ['images', '--format', '{{.ID}}: {{.Repository}}'],
    ['images', '--format', 'table {{.ID}}\\t{{.Repository}}\\t{{.Tag}}'],
    ['images', '--format', '{{.ID}} {{.Digest}} {{.CreatedAt}} {{.Size}} {{.VirtualSize}}'],
    ['images', '--format', '{{json .}}'],
    ['images', '-q', '--filter', 'label=version'],
    ['images', '-q', '--filter', 'label=version=0.2', '--filter', 'dangling=false'],
    ['images', '-f', 'dangling=true'],
    ['images', '-q', '-f', `before=${java}`],
    ['images', '-q', '-f', `since=${short(PLAIN)}`],
    ['images', '-q', '-f', 'until=2026-02-15'],
    ['images', '-f', 'before=nosuch'],
    ['images', '-f', 'colour=red'],
    ['images', 'nosuch'],
    ['image', 'ls', '-a'],
    ['inspect', java],
    ['image', 'inspect', id, short(PLAIN)],
    ['inspect', '--format', '{{json .Config.ExposedPorts}}', java],
    ['inspect', '--format={{json .RootFS}}', java],
    ['inspect', '-f', '{{json .Config}} {{.Id}} {{index .RepoTags 0}} {{.Config.Volumes}}', java, short(PLAIN)],
    [
      'inspect',
      '-f',
      '{{.Created}} {{.Author}} {{.Architecture}} {{.Size}} {{.Config.Env}} {{.Config.StopSignal}}',
      java,
    ],
    ['inspect', '-f', '{{range .RootFS.Layers}}{{println .}}{{end}}', java],
    ['inspect', '-f', '{{.Nope}}', java],
    ['inspect', '-f', '{{.Config.Nope}}', java],
    ['inspect', '-f', '{{', java],
    ['inspect', '-f', '{{index .RepoTags 7}}', java],
    ['inspect', 'nosuch'],
    ['inspect', '-f', '{{.Id}}', 'nosuch', java, 'nosuch2'],
    ['image', 'inspect', 'nosuch'],
    ['image', 'inspect', 'nosuch', java, '-f', '{{.Id}}'],
    ['inspect', `${tagged}@sha256:${'0'.repeat(64)}`],
    ['inspect', '0'.repeat(64)],
    ['history', java],
    ['history', '--no-trunc', id],
    ['history', '-q', java],
    ['history', '-q', '--no-trunc', java],
    ['history', '--human=false', '--format', '{{.ID}} {{.CreatedAt}} {{.CreatedSince}} {{.Size}} {{.Comment}}', java],
    ['history', '-H=false', java],
    ['history', '--format', 'json', java],
    ['history', 'nosuch'],
    ['tag', java, 'other:1'],
    ['tag', id, 'other'],
    ['tag', `sha256:${id}`, 'host.example:5000/third/image:x'],
    ['tag', 'nosuch', 'other:2'],
    ['tag', java, 'Upper'],
    ['tag', java, `other@sha256:${'0'.repeat(64)}`],
    ['tag', java, 'bad::name'],
    ['images', '--format', '{{.Repository}}:{{.Tag}}', '-f', 'reference=other'],
    ['inspect', '-f', '{{json .RepoTags}} {{json .RepoDigests}}', id],
    ['rmi', id],
    ['rmi', 'nosuch', 'other:1', 'nosuch:2'],
    ['rmi', '-f', 'nosuch'],
    // Another image takes the name: the first has it no more.
    ['tag', short(PLAIN), 'other'],
    ['images', '-q', 'other'],
    ['rmi', 'other', 'host.example:5000/third/image:x'],
    ['rmi', java],
    ['images', '-q', '--no-trunc'],
    ['rmi', short(PLAIN)],
    ['images'],
    ['rmi', short(PLAIN)],
    ['image', 'prune', '-f'],
    ['rmi'],
    ['tag', 'one'],
  ];
}

/** What the two say in their own ways: who speaks, and hints. */
function words(
  { status, stdout, stderr }: Ended,
  isListing: boolean,
): { status: number | null; out: string; err: readonly string[] } {
  const err = stderr
    .replaceAll(/\bdocker\b/g, 'dray')
    .replaceAll(/^(Error response from daemon: |Error: |dray: )/gm, '')
    .replaceAll(/^(hint: |Usage: |Run '|See ').*\n?/gm, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const out = comparable(stdout.toString());
  // Repositories of one image come in an order that docker leaves to chance.
  return { status, out: isListing ? out.split('\n').toSorted().join('\n') : out, err };
}

function comparable(out: string): string {
  // Of the number of containers newer ones say that it is none.
  if (!out.startsWith('[\n    {')) return out.replaceAll('"Containers":"0"', '"Containers":"N/A"');
  assert.doesNotMatch(out, /[<>&]/);
  const images = JSON.parse(out) as Record<string, unknown>[];
  for (const image of images) {
    assert.deepEqual(Object.keys(image['GraphDriver'] ?? {}), ['Data', 'Name']);
    assert.deepEqual(Object.keys(image['Metadata'] ?? {}), ['LastTagTime']);
    for (const own of ['GraphDriver', 'Metadata', 'Descriptor']) delete image[own];
  }
  return JSON.stringify(images, null, 4);
}

peerTest("docker's commands for images, word for word", NEEDS, async () => {
  const registry = await startDockerRegistry();
  await registry.push('java:8', JAVA);
  await registry.push('plain:1', PLAIN);
  const [java, plain] = [`${registry.host}/java:8`, `${registry.host}/plain:1`];
  const daemon = await startDockerDaemon('graph');
  const user = createUser();
  await createUser().dray(['pull', '-o', join(user.home, 'two.tar'), java, plain]);
  const archive = join(user.home, 'two.tar');
  await daemon.docker('load', '-i', archive);
  await user.dray(['load', '-i', archive]);
  await compare(lines(java), daemon, user);
});

peerTest("docker's commands for images that were pulled, and whose tags move", NEEDS, async () => {
  const registry = await startDockerRegistry();
  await registry.push('app:1', JAVA);
  const daemon = await startDockerDaemon('graph');
  const user = createUser();
  const app = `${registry.host}/app`;
  const looks = [
    ['images'],
    ['images', '--digests'],
    ['images', '--format', '{{.Repository}} {{.Tag}} {{.Digest}} {{.ID}}', app],
    ['images', '--digests', '-f', 'dangling=true'],
    ['inspect', '-f', '{{json .RepoTags}} {{json .RepoDigests}}', short(JAVA)],
    ['inspect', `${app}@${JAVA.root.digest}`, '-f', '{{.Id}}'],
    ['history', `${app}@${JAVA.root.digest}`],
  ];
  await compare(
    [['pull', '-q', `${app}:1`], ...looks, ['tag', `${app}:1`, `${app}:2`], ['tag', `${app}:1`, 'x'], ...looks],
    daemon,
    user,
  );
  await compare([['rmi', short(JAVA)], ['rmi', 'x'], ['rmi', `${app}:2`], ...looks], daemon, user);
  await registry.push('app:1', PLAIN);
  await compare([['pull', '-q', `${app}:1`], ...looks, ['inspect', `${app}:1`]], daemon, user);
  await compare([['image', 'prune', '-f', '--filter', 'label=version=9'], ...looks], daemon, user);
  await compare(
    [['rmi', `${app}@${JAVA.root.digest}`], ...looks, ['pull', '-q', `${app}@${JAVA.root.digest}`], ...looks],
    daemon,
    user,
  );
  await compare([['rmi', '-f', short(JAVA)], ['rmi', `${app}:1`], ...looks], daemon, user);
});

async function compare(all: readonly (readonly string[])[], daemon: DockerDaemon, user: User): Promise<void> {
  const differing: string[] = [];
  for (const line of all) {
    const isListing = line[0] === 'images';
    const docker = words(await daemon.tryDocker(...line), isListing);
    const dray = words(await user.tryDray(line), isListing);
    // Hints of dray come after what docker says.
    const ours = { ...dray, err: dray.err.slice(0, docker.err.length) };
    if (isDeepStrictEqual(ours, docker)) continue;
    differing.push([line.join(' '), `docker: ${show(docker)}`, `dray:   ${show(dray)}`].join('\n'));
  }
  assert.ok(differing.length === 0, differing.join('\n\n'));
}

function show({ status, out, err }: ReturnType<typeof words>): string {
  return `${status}\n${out}${err.map((line) => `! ${line}\n`).join('')}`;
}
