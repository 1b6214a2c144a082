import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageSummary, ImagesPruneReport } from '#engine';
import { buildArtifact, buildImage, buildIndex, helloIndex, startRegistry } from '#testing';
import { happened, startTestEngine, type TestAnswer, type TestEngine } from '../engine.test.fixture.ts';
import { keep, messageOf } from '../look/kept.test.fixture.ts';

const ONE = buildImage({ layers: [{ files: [{ name: 'one', content: '1' }] }], config: { Labels: { a: 'b' } } });
const TWO = buildImage({
  layers: [{ files: [{ name: 'two', content: '2' }] }],
  editConfig: (config) => ({ ...config, created: '2026-01-01T00:00:00Z' }),
});
const HERE = 'https://host.example';
const ID = ONE.config.digest;
const SHORT = ID.slice(7, 19);
/** A layer alone has its diff_id for a chain ID. */
const layerOf = (image: typeof ONE): string => image.layers[0]?.diffId ?? '';

/** What has happened since 1970, as `action id name`. */
async function happenings(engine: TestEngine): Promise<readonly string[]> {
  const events = await happened(engine);
  return events.map(({ Action, id, Actor: { Attributes } }) => `${Action} ${id ?? '-'} ${JSON.stringify(Attributes)}`);
}

function tag(engine: TestEngine, image: string, query: string): Promise<TestAnswer> {
  return engine.ask('POST', `/v1.51/images/${image}/tag?${query}`);
}

test('a tag is a name more, told with the labels of the image', async (t) => {
  const engine = await startTestEngine(t);
  await keep(engine, 'docker.io/library/one:1', ONE);
  const answer = await tag(engine, 'one:1', 'repo=localhost%3A5000%2Fhello&tag=0.1');
  assert.equal(answer.status, 201);
  assert.equal(answer.text, '');
  assert.equal((await tag(engine, SHORT, 'repo=two')).status, 201);
  assert.equal((await tag(engine, 'localhost:5000/hello:0.1', 'repo=three:1&tag=2')).status, 201);
  const names = (await engine.dray.images()).map(({ repository, tag: version }) => `${repository}:${version}`);
  assert.deepEqual(names.toSorted(), ['localhost:5000/hello:0.1', 'one:1', 'three:2', 'two:latest']);
  assert.deepEqual(await happenings(engine), [
    `tag ${ID} {"a":"b","name":"localhost:5000/hello:0.1"}`,
    `tag ${ID} {"a":"b","name":"two:latest"}`,
    `tag ${ID} {"a":"b","name":"three:2"}`,
  ]);
});

const BAD_TAGS: readonly (readonly [string, string, number, string])[] = [
  ['nosuch', 'repo=ok&tag=x', 404, 'No such image: nosuch:latest'],
  ['one:1', 'repo=UPPER&tag=x', 400, 'invalid reference format: repository name (library/UPPER) must be lowercase'],
  ['one:1', 'repo=ok&tag=!x', 400, 'invalid tag format'],
  ['one:1', `repo=ok&tag=${'x'.repeat(129)}`, 400, 'invalid tag format'],
  ['one:1', 'repo=', 400, 'invalid reference format'],
  ['one:1', '', 400, 'invalid reference format'],
  ['one:1', 'repo=a%0Ab', 400, 'invalid reference format'],
  ['one:1', `repo=ok@sha256:${'0'.repeat(64)}`, 400, 'cannot import digest reference'],
  [
    'one:1',
    `repo=${'0'.repeat(64)}`,
    400,
    `invalid repository name (${'0'.repeat(64)}), cannot specify 64-byte hexadecimal strings`,
  ],
  ['one%zz', 'repo=ok', 400, 'invalid URL: a percent sign is not followed by two hexadecimal digits of UTF-8'],
  ['..%2f..%2fetc', 'repo=ok', 400, 'invalid reference format'],
];

test('what is no name, and what is not there, gets none', async (t) => {
  const engine = await startTestEngine(t);
  await keep(engine, 'docker.io/library/one:1', ONE);
  for (const [image, query, status, message] of BAD_TAGS) {
    const answer = await tag(engine, image, query);
    assert.deepEqual([answer.status, messageOf(answer)], [status, message], `${image} ${query}`);
  }
  assert.deepEqual(await happenings(engine), []);
});

test('a name goes, with the last of them the image, and each is told', async (t) => {
  const engine = await startTestEngine(t);
  await keep(engine, 'host.example/one:1', ONE, { source: HERE });
  await keep(engine, 'docker.io/library/one:2', ONE);
  const first = await engine.ask('DELETE', '/v1.51/images/one:2');
  assert.equal(first.status, 200);
  assert.deepEqual(first.json(), [{ Untagged: 'one:2' }]);
  const last = await engine.ask('DELETE', '/v1.51/images/host.example/one:1?noprune=1');
  assert.deepEqual(last.json(), [
    { Untagged: 'host.example/one:1' },
    { Untagged: `host.example/one@${ONE.root.digest}` },
    { Deleted: ID },
    { Deleted: layerOf(ONE) },
  ]);
  assert.deepEqual(await engine.dray.images(), []);
  const untag = `untag ${ID} {"a":"b","name":"${ID}"}`;
  assert.deepEqual(await happenings(engine), [untag, untag, `delete ${ID} {"name":"${ID}"}`]);
});

test('an ID means all its names only when forced', async (t) => {
  const engine = await startTestEngine(t);
  await keep(engine, 'docker.io/library/a:1', ONE);
  await keep(engine, 'docker.io/library/b:1', ONE);
  for (const id of [SHORT, ID.slice(7, 11), ID]) {
    const answer = await engine.ask('DELETE', `/images/${id}?force=0`);
    assert.equal(answer.status, 409);
    assert.equal(
      messageOf(answer),
      `conflict: unable to delete ${SHORT} (must be forced) - image is referenced in multiple repositories`,
    );
  }
  const forced = await engine.ask('DELETE', `/images/${SHORT}?force=1`);
  assert.deepEqual((forced.json() as object[]).slice(0, 3), [
    { Untagged: 'a:1' },
    { Untagged: 'b:1' },
    { Deleted: ID },
  ]);
});

const MISSING: readonly (readonly [string, number, string])[] = [
  ['nosuch', 404, 'No such image: nosuch:latest'],
  ['nosuch:1', 404, 'No such image: nosuch:1'],
  ['sha256:00', 404, 'No such image: sha256:00'],
  ['00112233', 404, 'No such image: 00112233:latest'],
  [`x@sha256:${'0'.repeat(64)}`, 404, `No such image: x@sha256:${'0'.repeat(64)}`],
  [`sha256:${'0'.repeat(64)}`, 404, `No such image: sha256:${'0'.repeat(64)}`],
  ['UPPER', 400, 'invalid reference format: repository name (library/UPPER) must be lowercase'],
  ['a%20b', 400, 'invalid reference format'],
  ['oci:%2Fetc', 400, 'invalid reference format'],
  ['%1b%5b2m', 400, 'invalid reference format'],
];

test('what is not there is said to be missing, forced or not', async (t) => {
  const engine = await startTestEngine(t);
  for (const [name, status, message] of MISSING) {
    for (const query of ['', '?force=1']) {
      const answer = await engine.ask('DELETE', `/v1.51/images/${name}${query}`);
      assert.deepEqual([answer.status, messageOf(answer)], [status, message]);
    }
  }
});

test('of an index all platforms go, and an artifact goes by its name', async (t) => {
  const engine = await startTestEngine(t);
  const artifact = buildArtifact({ artifactType: 'text/x' });
  await keep(engine, 'docker.io/library/index:1', helloIndex());
  await keep(engine, 'docker.io/library/sbom:1', artifact);
  assert.equal((await tag(engine, 'sbom:1', 'repo=sbom&tag=2')).status, 201);
  for (const name of ['index:1', 'sbom:1', 'sbom:2']) {
    const [first] = (await engine.ask('DELETE', `/images/${name}`)).json() as object[];
    assert.deepEqual(first, { Untagged: name });
  }
  assert.deepEqual(await engine.dray.images(), []);
  assert.equal((await happenings(engine))[0], 'tag sbom:2 {"name":"sbom:2"}');
});

const ARM = buildImage({
  platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
  layers: [{ files: [{ name: 'arm', content: 'a' }] }],
});
const LINUX_ARM64 = encodeURIComponent('{"os":"linux","architecture":"arm64"}');
const NOT_FORCED = 'Content will be removed from all images referencing this variant. Use —-force to force delete.';
const BAD_PLATFORMS: readonly (readonly [string, number, string | RegExp])[] = [
  [`multi:1?platforms=${LINUX_ARM64}`, 400, NOT_FORCED],
  [`nosuch?platforms=${LINUX_ARM64}`, 400, NOT_FORCED],
  [`nosuch?force=1&platforms=${LINUX_ARM64}`, 404, 'No such image: nosuch:latest'],
  ['nosuch?platforms=bogus', 400, /^failed to parse platform: /],
  ['multi:1?force=1&platforms=', 400, /^failed to parse platform: /],
  ['multi:1?force=1&platforms=[]', 400, /^failed to parse platform: /],
  ['multi:1?force=1&platforms={"os":"linux"}', 400, 'both OS and Architecture must be provided'],
  [`multi:1?force=1&platforms=${LINUX_ARM64}&platforms={}`, 400, 'both OS and Architecture must be provided'],
  [
    'multi:1?force=1&platforms={"os":"linux","architecture":"riscv64"}',
    404,
    `failed to delete platform linux/riscv64 for image ${ID}: image with reference multi:1 was found but does not provide any platform`,
  ],
];

test('a platform goes alone, forced, as docker tells it; then it is not available', async (t) => {
  const engine = await startTestEngine(t);
  await keep(engine, 'docker.io/library/multi:1', buildIndex([ONE, ARM]));
  const before = await happenings(engine);
  for (const [path, status, message] of BAD_PLATFORMS) {
    const answer = await engine.ask('DELETE', `/v1.51/images/${path}`);
    assert.equal(answer.status, status, path);
    if (typeof message === 'string') assert.equal(messageOf(answer), message);
    else assert.match(messageOf(answer), message);
  }
  const removed = await engine.ask('DELETE', `/v1.50/images/multi:1?force=1&platforms=${LINUX_ARM64}`);
  assert.deepEqual([removed.status, removed.json()], [200, [{ Deleted: ARM.root.digest }]]);
  assert.deepEqual(await happenings(engine), before);
  const [row] = (await engine.ask('GET', '/v1.51/images/json?manifests=1')).json() as readonly ImageSummary[];
  assert.deepEqual(
    row?.Manifests?.map(({ ID: digest, Available }) => [digest, Available]),
    [
      [ONE.root.digest, true],
      [ARM.root.digest, false],
    ],
  );
  const inspected = await engine.ask('GET', `/v1.51/images/multi:1/json?platform=${LINUX_ARM64}`);
  assert.equal(
    messageOf(inspected),
    'image with reference multi:1 was found but does not provide the specified platform (linux/arm64)',
  );
  const saved = await engine.ask('GET', `/v1.51/images/get?names=multi:1&platform=${LINUX_ARM64}`);
  assert.deepEqual([saved.status, messageOf(saved)], [404, 'no suitable export target found for platform linux/arm64']);
  assert.equal((await engine.ask('GET', '/v1.51/images/get?names=multi:1')).status, 200);
  const again = await engine.ask('DELETE', `/v1.51/images/multi:1?force=1&platforms=${LINUX_ARM64}`);
  assert.equal(again.status, 404);
  // Older clients cannot mean it.
  const older = await engine.ask('DELETE', `/v1.49/images/multi:1?platforms=${LINUX_ARM64}`);
  assert.deepEqual((older.json() as object[])[0], { Untagged: 'multi:1' });
});

test('a platform that was removed is pulled again, with what is missing alone', async (t) => {
  const engine = await startTestEngine(t, { retries: 0 });
  const registry = await startRegistry({ images: { 'multi:1': buildIndex([ONE, ARM]) } });
  t.after(() => registry.close());
  const name = registry.reference('multi:1');
  await engine.dray.pull(name, { platform: ['linux/amd64', 'linux/arm64'] });
  await engine.ask('DELETE', `/v1.51/images/${name}?force=1&platforms=${LINUX_ARM64}`);
  const before = registry.requests.length;
  await engine.ask('POST', `/v1.51/images/create?fromImage=${encodeURIComponent(name)}&platform=linux/arm64`);
  const blobs = registry.requests.slice(before).filter(({ path }) => path.includes('/blobs/'));
  assert.deepEqual(
    blobs.map(({ path }) => path.slice(path.indexOf('sha256:'))).toSorted(),
    [...ARM.blobs.keys()].filter((digest) => digest !== ARM.root.digest).toSorted(),
  );
  const inspected = await engine.ask('GET', `/v1.51/images/${name}/json?platform=${LINUX_ARM64}`);
  assert.equal((inspected.json() as { readonly Id: string }).Id, ARM.config.digest);
});

function prune(engine: TestEngine, filters: unknown): Promise<TestAnswer> {
  const text = typeof filters === 'string' ? filters : JSON.stringify(filters);
  return engine.ask('POST', `/v1.51/images/prune?filters=${encodeURIComponent(text)}`);
}

test('images without a tag are pruned, or all of them, and the room is counted', async (t) => {
  const engine = await startTestEngine(t);
  await keep(engine, undefined, ONE);
  await keep(engine, 'docker.io/library/two:1', TWO);
  const size = [...ONE.blobs.values()].reduce((sum, { length }) => sum + length, 0);
  assert.deepEqual((await prune(engine, { label: ['a=c'] })).json(), { ImagesDeleted: null, SpaceReclaimed: 0 });
  const report = (await prune(engine, { dangling: { true: true } })).json();
  const deleted = [{ Deleted: ID }, { Deleted: layerOf(ONE) }];
  assert.deepEqual(report, { ImagesDeleted: deleted, SpaceReclaimed: size } satisfies ImagesPruneReport);
  assert.equal((await prune(engine, {})).text, '{"ImagesDeleted":null,"SpaceReclaimed":0}\n');
  const early = { dangling: ['false'], until: ['2025-12-31'] };
  assert.deepEqual((await prune(engine, early)).json(), { ImagesDeleted: null, SpaceReclaimed: 0 });
  const all = (await prune(engine, { ...early, until: ['1s'], 'label!': ['a'] })).json() as ImagesPruneReport;
  assert.deepEqual(all.ImagesDeleted?.[0], { Untagged: 'two:1' });
  const none = 'prune - {"reclaimed":"0"}';
  const prunes = (await happenings(engine)).filter((line) => line.startsWith('prune'));
  assert.deepEqual(prunes, [
    none,
    `prune - {"reclaimed":"${size}"}`,
    none,
    none,
    `prune - {"reclaimed":"${all.SpaceReclaimed}"}`,
  ]);
});

const BAD_FILTERS: readonly (readonly [unknown, RegExp])[] = [
  ['x', /^invalid filter/],
  ['[]', /^invalid filter/],
  [{ nosuch: ['x'] }, /^invalid filter 'nosuch'$/],
  [{ dangling: ['maybe'] }, /^invalid filter 'dangling=\[maybe\]'$/],
  [{ dangling: ['true', 'false'] }, /^invalid filter 'dangling/],
  [{ until: ['maybe'] }, /^failed to parse value as time or duration: "maybe"$/],
  [{ until: ['1h', '2h'] }, /^more than one until filter specified$/],
];

test('filters that make no sense prune nothing', async (t) => {
  const engine = await startTestEngine(t);
  await keep(engine, undefined, ONE);
  for (const [filters, message] of BAD_FILTERS) {
    const answer = await prune(engine, filters);
    assert.equal(answer.status, 400);
    assert.match(messageOf(answer), message);
  }
  assert.equal((await engine.dray.images()).length, 1);
});
