import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Descriptor, Digest } from '#oci';
import type { BlobState, ProgressEvent } from '#progress';
import { PushLines, type PushLinesOptions } from './push-lines.ts';

const digestOf = (start: string): Digest => `sha256:${start.padEnd(64, '0')}`;

/** By the beginnings of their diff_ids, base first: a layer's own digest begins with another letter. */
function layersOf(ids: readonly string[]): {
  readonly layers: readonly Descriptor[];
  readonly diffIds: readonly Digest[];
} {
  return {
    layers: ids.map((id) => ({ mediaType: 'application/x-tar', digest: digestOf(`f${id}`), size: 10 })),
    diffIds: ids.map(digestOf),
  };
}

const started = (repository: string, label = 'latest'): ProgressEvent => ({
  kind: 'image-started',
  reference: `${repository}:${label}`,
  repository,
  label,
  action: 'push',
});
const planned = (ids: readonly string[]): ProgressEvent => ({
  kind: 'image-planned',
  reference: 'x',
  manifest: { mediaType: 'x', digest: digestOf('1'), size: 1 },
  total: 10,
  present: 0,
  ...layersOf(ids),
});
const blob = (id: string, state: BlobState['state'], from?: string): ProgressEvent => ({
  kind: 'blob',
  digest: digestOf(`f${id}`),
  size: 10,
  role: 'layer',
  state,
  received: 0,
  ...(from !== undefined && { from }),
});
const done = (label: string, digest: string, size: number): ProgressEvent => ({
  kind: 'image-done',
  reference: `x:${label}`,
  label,
  digest: digestOf(digest),
  size,
  status: 'pushed',
});

function lines(events: readonly ProgressEvent[], options: Partial<PushLinesOptions> = {}): readonly string[] {
  const printed: string[] = [];
  const told = new PushLines({ print: (line) => printed.push(line), layers: 'each', action: 'push', ...options });
  for (const event of events) told.event(event);
  return printed;
}

const MAIN = ['416d7d11d80e', '0f7d4f21a427', '49ce8dfe65e1', '32bef0e83e6e'];
const [BASE = '', ...OWN] = MAIN;

describe('docker’s lines of a push', () => {
  test('as docker prints them: top layer first, then as they end', () => {
    const printed = lines([
      { kind: 'notice', text: 'Using default tag: latest' },
      started('localhost:5000/main'),
      planned(MAIN),
      ...MAIN.map((id) => blob(id, 'queued')),
      blob(BASE, 'mounted', 'hello'),
      ...OWN.toReversed().flatMap((id) => [blob(id, 'started'), blob(id, 'done')]),
      done('latest', 'bb4b5c5cbeb5', 1151),
    ]);
    assert.deepEqual(printed, [
      'Using default tag: latest',
      'The push refers to repository [localhost:5000/main]',
      '32bef0e83e6e: Preparing',
      '49ce8dfe65e1: Preparing',
      '0f7d4f21a427: Preparing',
      '416d7d11d80e: Preparing',
      '416d7d11d80e: Mounted from hello',
      '32bef0e83e6e: Pushed',
      '49ce8dfe65e1: Pushed',
      '0f7d4f21a427: Pushed',
      `latest: digest: ${digestOf('bb4b5c5cbeb5')} size: 1151`,
    ]);
  });

  test('of several tags each has its lines, under one head', () => {
    const printed = lines([
      started('localhost:5000/hello', ''),
      ...['latest', 'v1'].flatMap((tag) => [planned([BASE]), blob(BASE, 'exists'), done(tag, 'aa', 1)]),
    ]);
    assert.deepEqual(printed, [
      'The push refers to repository [localhost:5000/hello]',
      '416d7d11d80e: Preparing',
      '416d7d11d80e: Layer already exists',
      `latest: digest: ${digestOf('aa')} size: 1`,
      '416d7d11d80e: Preparing',
      '416d7d11d80e: Layer already exists',
      `v1: digest: ${digestOf('aa')} size: 1`,
    ]);
  });

  test('a layer keeps its name when it is compressed', () => {
    const compressed = { mediaType: 'application/x-gzip', digest: digestOf('ee'), size: 5 };
    const again: ProgressEvent = {
      kind: 'image-planned',
      reference: 'x',
      manifest: compressed,
      layers: [compressed],
      diffIds: [digestOf(BASE)],
      total: 5,
      present: 0,
    };
    const pushed: ProgressEvent = {
      kind: 'blob',
      digest: compressed.digest,
      size: 5,
      role: 'layer',
      state: 'done',
      received: 5,
    };
    const printed = lines([planned([BASE]), blob(BASE, 'compressing'), blob(BASE, 'replaced'), again, pushed]);
    assert.deepEqual(printed, ['416d7d11d80e: Preparing', '416d7d11d80e: Pushed']);
  });

  test('waiting, and tries that failed', () => {
    const retry: ProgressEvent = {
      kind: 'blob-retry',
      digest: digestOf(`f${BASE}`),
      role: 'layer',
      attempt: 1,
      delay: 1200,
      received: 0,
      reason: 'cut',
    };
    const printed = lines([planned([BASE]), blob(BASE, 'waiting'), retry, blob(BASE, 'done'), blob(BASE, 'exists')]);
    assert.deepEqual(printed.slice(1), [
      '416d7d11d80e: Waiting',
      '416d7d11d80e: Retrying in 2 seconds',
      '416d7d11d80e: Pushed',
    ]);
  });

  test('a layer that is not pushed', () => {
    assert.deepEqual(lines([planned([BASE]), blob(BASE, 'skipped')]).slice(1), ['416d7d11d80e: Skipped foreign layer']);
  });

  test('on a terminal the last line of each layer, when the bars are gone', () => {
    const events = [planned(MAIN), ...MAIN.map((id) => blob(id, 'exists')), done('1', 'aa', 7)];
    const printed = lines(events, { layers: 'last' });
    assert.deepEqual(printed.slice(0, 1), ['32bef0e83e6e: Layer already exists']);
    assert.equal(printed.length, MAIN.length + 1);
  });

  test('a copy: layers by their digests, and what goes where', () => {
    const head: ProgressEvent = {
      kind: 'image-started',
      reference: 'app:1',
      repository: 'oci:x',
      label: '',
      action: 'copy',
    };
    const { layers } = layersOf([BASE]);
    const plan: ProgressEvent = {
      kind: 'image-planned',
      reference: 'app:1',
      manifest: layers[0] ?? assert.fail(),
      layers,
      total: 1,
      present: 0,
    };
    const printed = lines([head, plan, blob(BASE, 'done'), done('', 'aa', 1)], { action: 'copy' });
    assert.deepEqual(printed, ['Copying app:1 to oci:x', 'f416d7d11d80: Copied', `Digest: ${digestOf('aa')}`]);
  });

  test('what a registry says reaches the terminal without its escapes', () => {
    const printed = lines([planned([BASE]), blob(BASE, 'mounted', 'a\u001b[2Jb\nc')]);
    assert.ok(
      printed.every((line) => !line.includes('\u001b') && !line.includes('\n')),
      JSON.stringify(printed),
    );
  });
});
