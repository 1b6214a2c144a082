import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Descriptor, Digest } from '#oci';
import type { BlobState, ProgressEvent } from '#progress';
import { DockerLines, type DockerLinesOptions } from './docker-lines.ts';

const digestOf = (start: string): Digest => `sha256:${start.padEnd(64, '0')}`;
const BIG = digestOf('665c25c2fd74');
const SMALL = digestOf('f9b7e1c9284d');
const ROOT = digestOf('eae16ba2ef02');
const DIGEST_LINE = `Digest: ${ROOT}`;

const descriptor = (digest: Digest): Descriptor => ({ mediaType: 'layer', digest, size: 100 });
const started = (reference: string, repository: string, label: string): ProgressEvent => ({
  kind: 'image-started',
  reference,
  repository,
  label,
  action: 'pull',
});
const planned = (reference: string, present: number, ...layers: readonly Digest[]): ProgressEvent => ({
  kind: 'image-planned',
  reference,
  manifest: descriptor(ROOT),
  layers: layers.map(descriptor),
  total: 200,
  present,
});
const layer = (digest: Digest, state: BlobState['state'], role: 'layer' | 'config' = 'layer'): ProgressEvent => ({
  kind: 'blob',
  digest,
  size: 100,
  role,
  state,
  received: 0,
});
const done = (reference: string, status: 'downloaded' | 'up-to-date'): ProgressEvent => ({
  kind: 'image-done',
  reference,
  digest: ROOT,
  status,
});
const bytes = (digest: Digest): ProgressEvent => ({
  kind: 'blob-progress',
  digest,
  role: 'layer',
  received: 50,
  size: 100,
});
const notice: ProgressEvent = { kind: 'notice', text: 'Using default tag: latest' };

interface Case {
  readonly name: string;
  readonly events: readonly ProgressEvent[];
  readonly names?: readonly string[];
  readonly options?: Partial<DockerLinesOptions>;
  readonly lines: readonly string[];
}

const FRESH = [
  started('localhost:5000/rnd:1', 'rnd', '1'),
  planned('localhost:5000/rnd:1', 0, BIG, SMALL),
  layer(BIG, 'queued'),
  layer(SMALL, 'queued'),
  layer(BIG, 'started'),
  layer(SMALL, 'started'),
  bytes(BIG),
  layer(SMALL, 'verifying'),
  layer(SMALL, 'done'),
  bytes(BIG),
  layer(BIG, 'verifying'),
  layer(BIG, 'done'),
  done('localhost:5000/rnd:1', 'downloaded'),
];

const CASES: readonly Case[] = [
  {
    name: 'a fresh image, as docker 28 prints it',
    events: FRESH,
    names: ['localhost:5000/rnd:1'],
    lines: [
      '1: Pulling from rnd',
      '665c25c2fd74: Pulling fs layer',
      'f9b7e1c9284d: Pulling fs layer',
      'f9b7e1c9284d: Verifying Checksum',
      'f9b7e1c9284d: Download complete',
      '665c25c2fd74: Verifying Checksum',
      '665c25c2fd74: Download complete',
      '665c25c2fd74: Pull complete',
      'f9b7e1c9284d: Pull complete',
      DIGEST_LINE,
      'Status: Downloaded newer image for localhost:5000/rnd:1',
      'localhost:5000/rnd:1',
    ],
  },
  {
    name: 'the same beside bars: each layer once',
    events: FRESH,
    names: ['localhost:5000/rnd:1'],
    options: { layers: 'last' },
    lines: [
      '1: Pulling from rnd',
      '665c25c2fd74: Pull complete',
      'f9b7e1c9284d: Pull complete',
      DIGEST_LINE,
      'Status: Downloaded newer image for localhost:5000/rnd:1',
      'localhost:5000/rnd:1',
    ],
  },
  {
    name: 'up to date: no word of layers',
    events: [
      notice,
      started('localhost:5000/hello:latest', 'hello', 'latest'),
      planned('localhost:5000/hello:latest', 200, BIG),
      layer(BIG, 'exists'),
      done('localhost:5000/hello:latest', 'up-to-date'),
    ],
    names: ['localhost:5000/hello:latest'],
    lines: [
      'Using default tag: latest',
      'latest: Pulling from hello',
      DIGEST_LINE,
      'Status: Image is up to date for localhost:5000/hello:latest',
      'localhost:5000/hello:latest',
    ],
  },
  {
    name: 'a layer that another image has already brought',
    events: [
      notice,
      started('localhost:5000/hello:latest', 'hello', 'latest'),
      planned('localhost:5000/hello:latest', 100, BIG),
      layer(BIG, 'exists'),
      layer(ROOT, 'started', 'config'),
      layer(ROOT, 'done', 'config'),
      done('localhost:5000/hello:latest', 'downloaded'),
    ],
    names: ['localhost:5000/hello:latest'],
    lines: [
      'Using default tag: latest',
      'latest: Pulling from hello',
      '665c25c2fd74: Already exists',
      DIGEST_LINE,
      'Status: Downloaded newer image for localhost:5000/hello:latest',
      'localhost:5000/hello:latest',
    ],
  },
  {
    name: 'a short name and a digest',
    events: [
      started(`alpine@${ROOT}`, 'library/alpine', `docker.io/library/alpine@${ROOT}`),
      done(`alpine@${ROOT}`, 'up-to-date'),
    ],
    names: [`docker.io/library/alpine@${ROOT}`],
    lines: [
      `docker.io/library/alpine@${ROOT}: Pulling from library/alpine`,
      DIGEST_LINE,
      `Status: Image is up to date for alpine@${ROOT}`,
      `docker.io/library/alpine@${ROOT}`,
    ],
  },
  {
    name: 'all tags: one status for them all',
    events: [
      started('localhost:5000/main:latest', 'main', 'latest'),
      done('localhost:5000/main:latest', 'downloaded'),
      started('localhost:5000/main:python3.11.5', 'main', 'python3.11.5'),
      done('localhost:5000/main:python3.11.5', 'up-to-date'),
    ],
    names: ['localhost:5000/main'],
    options: { allTags: true },
    lines: [
      'latest: Pulling from main',
      DIGEST_LINE,
      'python3.11.5: Pulling from main',
      DIGEST_LINE,
      'Status: Downloaded newer image for localhost:5000/main',
      'localhost:5000/main',
    ],
  },
  {
    name: 'a retry, and a wait for another process',
    events: [
      started('a:1', 'library/a', '1'),
      planned('a:1', 0, BIG, SMALL),
      layer(BIG, 'queued'),
      layer(SMALL, 'queued'),
      { kind: 'blob-retry', digest: BIG, role: 'layer', attempt: 1, delay: 400, received: 9, reason: 'cut' },
      { kind: 'blob-retry', digest: BIG, role: 'layer', attempt: 2, delay: 4_200, received: 9, reason: 'cut' },
      { kind: 'blob-retry', digest: ROOT, role: 'config', attempt: 1, delay: 400, received: 0, reason: 'cut' },
      layer(SMALL, 'waiting'),
      layer(SMALL, 'done'),
    ],
    lines: [
      '1: Pulling from library/a',
      '665c25c2fd74: Pulling fs layer',
      'f9b7e1c9284d: Pulling fs layer',
      '665c25c2fd74: Retrying in 1 second',
      '665c25c2fd74: Retrying in 5 seconds',
      'f9b7e1c9284d: Waiting',
      'f9b7e1c9284d: Download complete',
    ],
  },
  {
    name: 'the next endpoint after one that broke: no line twice, and none is missing',
    events: [
      started('a:1', 'library/a', '1'),
      planned('a:1', 0, BIG, SMALL),
      layer(BIG, 'queued'),
      layer(SMALL, 'queued'),
      layer(SMALL, 'done'),
      layer(BIG, 'failed'),
      layer(BIG, 'queued'),
      layer(SMALL, 'exists'),
      layer(BIG, 'done'),
      done('a:1', 'downloaded'),
    ],
    lines: [
      '1: Pulling from library/a',
      '665c25c2fd74: Pulling fs layer',
      'f9b7e1c9284d: Pulling fs layer',
      'f9b7e1c9284d: Download complete',
      '665c25c2fd74: Download complete',
      '665c25c2fd74: Pull complete',
      'f9b7e1c9284d: Pull complete',
      DIGEST_LINE,
      'Status: Downloaded newer image for a:1',
    ],
  },
  {
    name: 'two images that share a layer, beside bars',
    events: [
      started('a:1', 'library/a', '1'),
      planned('a:1', 0, BIG),
      layer(BIG, 'queued'),
      layer(BIG, 'done'),
      done('a:1', 'downloaded'),
      started('b:1', 'library/b', '1'),
      planned('b:1', 100, BIG, SMALL),
      layer(BIG, 'exists'),
      layer(SMALL, 'queued'),
      layer(SMALL, 'done'),
      done('b:1', 'downloaded'),
    ],
    options: { layers: 'last' },
    lines: [
      '1: Pulling from library/a',
      '665c25c2fd74: Pull complete',
      DIGEST_LINE,
      'Status: Downloaded newer image for a:1',
      '1: Pulling from library/b',
      'f9b7e1c9284d: Pull complete',
      DIGEST_LINE,
      'Status: Downloaded newer image for b:1',
    ],
  },
];

for (const { name, events, names = [], options, lines } of CASES) {
  test(name, () => {
    const printed: string[] = [];
    const renderer = new DockerLines({
      print: (line) => printed.push(line),
      layers: 'each',
      allTags: false,
      ...options,
    });
    for (const event of events) renderer.event(event);
    renderer.end(names);
    assert.deepEqual(printed, lines);
  });
}

test('a notice of a server cannot draw', () => {
  const printed: string[] = [];
  const renderer = new DockerLines({ print: (line) => printed.push(line), layers: 'each', allTags: false });
  renderer.event({ kind: 'notice', text: 'a\u001b[2Jb\nc' });
  assert.deepEqual(printed, ['a [2Jb c']);
});
