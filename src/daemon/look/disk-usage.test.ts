import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskUsage } from '#engine';
import { buildImage, buildLayer, type TestLayer } from '#testing';
import { startTestEngine } from '../engine.test.fixture.ts';
import { keep, messageOf } from './kept.test.fixture.ts';

function layer(name: string): TestLayer {
  return buildLayer({ files: [{ name, content: name.repeat(100) }] });
}

test('what images take, and what they share', async (t) => {
  const engine = await startTestEngine(t);
  const [base, one, two] = [layer('base'), layer('one'), layer('two')];
  const usage = async (path = '/v1.51/system/df'): Promise<DiskUsage> => {
    const answer = await engine.ask('GET', path);
    assert.equal(answer.status, 200, answer.text);
    return answer.json() as DiskUsage;
  };
  assert.deepEqual(await usage(), { LayersSize: 0, Images: [], Containers: [], Volumes: [], BuildCache: [] });
  await keep(engine, 'docker.io/library/one:1', buildImage({ layers: [base, one] }));
  await keep(engine, undefined, buildImage({ layers: [base, two] }));
  // on another layer it is another one
  await keep(engine, 'docker.io/library/three:1', buildImage({ layers: [two] }));
  const size = (...layers: readonly TestLayer[]): number => layers.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const all = await usage();
  assert.equal(all.LayersSize, size(base, one, two, two));
  const rows = all.Images?.map(({ RepoTags, Size, SharedSize, Containers }) => [
    RepoTags,
    Size,
    SharedSize,
    Containers,
  ]);
  const expected = [
    [['one:1'], size(base, one), size(base), 0],
    [null, size(base, two), size(base), 0],
    [['three:1'], size(two), 0, 0],
  ];
  const sorted = (some: unknown): unknown => (some as unknown[]).map((row) => JSON.stringify(row)).toSorted();
  assert.deepEqual(sorted(rows), sorted(expected));
  assert.deepEqual(all.Images?.[0]?.RepoDigests, null);
  await engine.dray.remove('three:1');
  assert.equal((await usage()).LayersSize, size(base, one, two));
  assert.deepEqual(await usage('/v1.51/system/df?type=container&type=build-cache'), {
    LayersSize: 0,
    Images: null,
    Containers: [],
    Volumes: null,
    BuildCache: [],
  });
  const images = await usage('/v1.51/system/df?type=image');
  assert.deepEqual([images.Images?.length, images.Containers], [2, null]);
  const old = await usage('/v1.41/system/df?type=container');
  assert.equal(old.Images?.[0]?.VirtualSize, old.Images?.[0]?.Size);
  for (const kind of ['foo', '', 'image,volume']) {
    const answer = await engine.ask('GET', `/v1.51/system/df?type=image&type=${kind}`);
    assert.deepEqual([answer.status, messageOf(answer)], [400, `unknown object type: ${kind}`]);
  }
});

test('what images share is told in their list too, since 1.42', async (t) => {
  const engine = await startTestEngine(t);
  const base = layer('base');
  await keep(engine, 'docker.io/library/one:1', buildImage({ layers: [base, layer('one')] }));
  await keep(engine, 'docker.io/library/two:1', buildImage({ layers: [base] }));
  const shared = async (path: string): Promise<unknown> =>
    ((await engine.ask('GET', path)).json() as readonly { readonly SharedSize: number }[]).map((row) => row.SharedSize);
  const size = base.bytes.length;
  assert.deepEqual(await shared('/v1.42/images/json?shared-size=1'), [size, size]);
  assert.deepEqual(await shared('/v1.41/images/json?shared-size=1'), [-1, -1]);
  assert.deepEqual(await shared('/v1.51/images/json?shared-size=0'), [-1, -1]);
});
