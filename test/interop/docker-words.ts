import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { buildImage, buildLayer, type TestImage } from 'dray/testing';
import type { DockerDaemon } from './dockerd.ts';
import type { Ended, User } from './run.ts';

export const NEEDS = ['dockerd', 'containerd', 'runc', 'docker', 'docker-registry', 'crane'];

const BASE = buildLayer({
  files: [{ name: 'etc/' }, { name: 'etc/release', content: 'x'.repeat(7000) }, { name: 'link', link: 'etc/release' }],
});
export const JAVA = buildImage({
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
export const PLAIN = buildImage({
  layers: [BASE, { files: [{ name: 'plain', content: 'p' }] }],
  config: { Labels: { version: '0.2' } },
  editConfig: (config) => ({ ...config, created: '2026-02-01T00:00:00Z' }),
});

/** The short ID of an image. */
export const short = (image: TestImage): string => image.config.digest.slice(7, 19);

/** Runs command lines with both, one after the other: they must say the same. */
export async function compare(all: readonly (readonly string[])[], daemon: DockerDaemon, user: User): Promise<void> {
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
