import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { encodeRegistryAuth, type ImageInspect, type ImageSummary } from '#engine';
import { basicAuth, buildImage, buildIndex, startRegistry, status } from '#testing';
import { startTestEngine, type TestAnswer } from '../engine.test.fixture.ts';
import { attestationOf, messageOf } from './kept.test.fixture.ts';

const AMD = buildImage({ flavour: 'docker' });
const OCI = buildImage();
const ARM = buildImage({ platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
const INDEX = buildIndex([OCI, ARM, attestationOf(OCI)]);
const UNKNOWN = { architecture: 'unknown', os: 'unknown' };

const IMAGES = { 'app:1': AMD, 'app:oci': OCI, 'app:multi': INDEX, 'team/app:1': AMD, 'team/applications:1': AMD };

const engine = await startTestEngine({ after }, { retries: 0 });
const registry = await startRegistry({ images: IMAGES });
const guarded = await startRegistry({ images: IMAGES, auth: basicAuth({ me: 'secret' }) });
after(() => Promise.all([registry.close(), guarded.close()]));

const ME = { 'X-Registry-Auth': encodeRegistryAuth({ username: 'me', password: 'secret' }) };

async function distribution(name: string, headers: Readonly<Record<string, string>> = {}): Promise<TestAnswer> {
  return engine.ask('GET', `/v1.51/distribution/${name}/json`, { headers });
}

test('what a name stands for in its registry', async () => {
  const amd = { Descriptor: AMD.root, Platforms: [{ architecture: 'amd64', os: 'linux' }] };
  assert.deepEqual((await distribution(registry.reference('app:1'))).json(), amd);
  assert.deepEqual((await distribution(registry.reference(`app@${AMD.root.digest}`))).json(), amd);
  assert.deepEqual((await distribution(registry.reference('app:oci'))).json(), {
    Descriptor: OCI.root,
    Platforms: null,
  });
  assert.deepEqual((await distribution(registry.reference('app:multi'))).json(), {
    Descriptor: INDEX.root,
    Platforms: [{ architecture: 'amd64', os: 'linux' }, { architecture: 'arm64', os: 'linux', variant: 'v8' }, UNKNOWN],
  });
});

const HEX = AMD.root.digest.slice('sha256:'.length);
const REFUSED: readonly (readonly [name: () => string, status: number, message: RegExp])[] = [
  [() => registry.reference('app:nosuch'), 404, /^manifest unknown: manifest unknown$/],
  [() => registry.reference('nosuch'), 404, /^manifest unknown: manifest unknown$/],
  [() => AMD.root.digest, 500, /^no manifest found for full image ID$/],
  [() => HEX, 500, /^no manifest found for full image ID$/],
  [() => 'Foo', 400, /^invalid reference format: repository name \(library\/Foo\) must be lowercase$/],
  [() => 'oci:/etc', 400, /^invalid reference format$/],
  [() => `docker://${registry.reference('app:1')}`, 400, /^invalid reference format$/],
  [() => '../x', 400, /^invalid reference format$/],
];

test('what it does not stand for', async (t) => {
  for (const [name, expected, message] of REFUSED) {
    await t.test(name(), async () => {
      const answer = await distribution(name());
      assert.equal(answer.status, expected, answer.text);
      assert.match(messageOf(answer), message);
    });
  }
});

test('a registry is shown what the client gives, and nothing after that', async () => {
  const name = guarded.reference('app:1');
  assert.equal((await distribution(name)).status, 401);
  assert.equal((await distribution(name, ME)).status, 200);
  assert.equal((await distribution(name)).status, 401);
  const wrong = { 'X-Registry-Auth': encodeRegistryAuth({ username: 'me', password: 'guess' }) };
  const refused = await distribution(name, wrong);
  assert.equal(refused.status, 401);
  assert.ok(!refused.text.includes('guess'));
  assert.equal((await distribution(name, { 'X-Registry-Auth': '%%%' })).status, 401);
});

async function search(query: Readonly<Record<string, string>>, headers = {}): Promise<TestAnswer> {
  return engine.ask('GET', `/v1.51/images/search?${String(new URLSearchParams(query))}`, { headers });
}

async function found(query: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const answer = await search({ ...query, term: `${registry.host}/${query['term'] ?? 'app'}` });
  assert.equal(answer.status, 200, answer.text);
  return (answer.json() as readonly { readonly name: string }[]).map(({ name }) => name);
}

test('search', async () => {
  const all = await search({ term: `${registry.host}/app` });
  assert.deepEqual((all.json() as readonly unknown[])[0], {
    star_count: 3,
    is_official: true,
    name: 'app',
    is_automated: false,
    description: 'what app is',
  });
  assert.deepEqual(await found({}), ['app', 'team/app', 'team/applications']);
  assert.deepEqual(await found({ limit: '1' }), ['app']);
  assert.deepEqual(await found({ term: 'nothing' }), []);
  const filtered = (filters: object): Promise<readonly string[]> => found({ filters: JSON.stringify(filters) });
  assert.deepEqual(await filtered({ 'is-official': { true: true } }), ['app']);
  assert.deepEqual(await filtered({ 'is-official': ['false'] }), ['team/app', 'team/applications']);
  assert.deepEqual(await filtered({ stars: { 8: true } }), ['team/app', 'team/applications']);
  assert.deepEqual(await filtered({ stars: { 8: true, 9: true } }), ['team/applications']);
  assert.deepEqual(await filtered({ 'is-automated': { true: true } }), []);
  assert.equal((await filtered({ 'is-automated': { false: true } })).length, 3);
});

test('search with the client’s credentials', async () => {
  const term = `${guarded.host}/app`;
  assert.equal((await search({ term })).status, 401);
  assert.equal((await search({ term }, ME)).status, 200);
});

const UNSEARCHABLE: readonly (readonly [query: Readonly<Record<string, string>>, message: string])[] = [
  [{ term: 'x', limit: '101' }, 'limit 101 is outside the range of [1, 100]'],
  [{ term: 'x', limit: '-1' }, 'limit -1 is outside the range of [1, 100]'],
  [{ term: 'x', limit: 'abc' }, 'invalid limit specified: strconv.Atoi: parsing "abc": invalid syntax'],
  [{ term: 'x', limit: '1e2' }, 'invalid limit specified: strconv.Atoi: parsing "1e2": invalid syntax'],
  [{ term: 'http://x' }, 'invalid repository name: repository name (http://x) should not have a scheme'],
  [{ term: 'x', filters: '{' }, 'invalid filter'],
  [{ term: 'x', filters: '{"nope":["x"]}' }, "invalid filter 'nope'"],
  [{ term: 'x', filters: '{"stars":["x"]}' }, 'invalid filter \'stars=x\': strconv.Atoi: parsing "x": invalid syntax'],
  [{ term: 'x', filters: '{"is-official":["x"]}' }, "invalid filter 'is-official=[x]'"],
];

test('what cannot be searched for', async (t) => {
  for (const [query, message] of UNSEARCHABLE) {
    await t.test(message, async () => {
      const answer = await search(query);
      assert.deepEqual([answer.status, messageOf(answer)], [400, message]);
    });
  }
});

test('a registry that fails is the engine’s failure', async (t) => {
  const broken = await startRegistry({ faults: [status(503)] });
  t.after(() => broken.close());
  assert.equal((await distribution(broken.reference('app:1'))).status, 500);
  assert.equal((await search({ term: `${broken.host}/app` })).status, 500);
});

test('what was pulled is told with its platforms', async () => {
  const name = registry.reference('app:multi');
  await engine.dray.pull(name, { allPlatforms: true });
  const platform = encodeURIComponent(JSON.stringify({ os: 'linux', architecture: 'arm64' }));
  const answer = await engine.ask('GET', `/v1.51/images/${name}/json?platform=${platform}`);
  const { Descriptor, RepoDigests } = answer.json() as ImageInspect;
  assert.deepEqual(Descriptor?.platform, { architecture: 'arm64', os: 'linux', variant: 'v8' });
  assert.deepEqual(RepoDigests, [`${registry.host}/app@${INDEX.root.digest}`]);
  const listed = await engine.ask('GET', '/v1.51/images/json?manifests=1');
  const [row] = listed.json() as readonly ImageSummary[];
  assert.deepEqual(
    row?.Manifests?.map(({ Kind, Available }) => [Kind, Available]),
    [
      ['image', true],
      ['image', true],
      ['attestation', true],
    ],
  );
});
