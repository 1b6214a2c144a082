import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Descriptor, digestOf, OCI_INDEX } from '#oci';
import { buildArtifact, buildIndex, helloImage, sealManifest, type TestGraph } from '#testing';
import { pushBlobs, pushGraph, pushManifest } from './push-graph.test.fixture.ts';
import { type Answer, type Served, served } from './served.test.fixture.ts';

const image = helloImage('amd64');
const SBOM = 'application/spdx+json';
const SIGNATURE = 'application/vnd.example.signature';

function artifact(artifactType: string, content: string, subject: Descriptor | 'none' = image.root): TestGraph {
  return buildArtifact({
    artifactType,
    layers: [{ mediaType: 'text/plain', content }],
    ...(subject !== 'none' && { subject }),
  });
}

async function attach(registry: Served, ...graphs: readonly TestGraph[]): Promise<void> {
  for (const graph of graphs) {
    await pushBlobs(registry, 'app', graph);
    assert.equal((await pushManifest(registry, 'app', graph)).status, 201);
  }
}

function ask(registry: Served, query = '', digest: string = image.root.digest, name = 'app'): Promise<Answer> {
  return registry.ask('GET', `/v2/${name}/referrers/${digest}${query}`);
}

interface Listed {
  readonly schemaVersion: number;
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

function listOf({ status, headers, body }: Answer): readonly Descriptor[] {
  assert.deepEqual([status, headers['content-type']], [200, OCI_INDEX]);
  const { schemaVersion, mediaType, manifests } = JSON.parse(body.toString()) as Listed;
  assert.deepEqual([schemaVersion, mediaType], [2, OCI_INDEX]);
  return manifests;
}

const digestsOf = (answer: Answer): readonly string[] => listOf(answer).map(({ digest }) => digest);
const sorted = (...graphs: readonly TestGraph[]): readonly string[] => graphs.map(({ root }) => root.digest).toSorted();

test('what is about a manifest, of one type or of all', async (t) => {
  const registry = await served(t);
  const [one, two, three] = [artifact(SBOM, '1'), artifact(SBOM, '2'), artifact(SIGNATURE, '3')];
  await attach(registry, one, two, three);
  await attach(registry, artifact(SBOM, 'of another', { ...image.root, digest: digestOf('x') }));
  const all = await ask(registry);
  assert.deepEqual(digestsOf(all), sorted(one, two, three));
  assert.equal(all.headers['oci-filters-applied'], undefined);
  const found = listOf(all).find(({ digest }) => digest === three.root.digest);
  assert.deepEqual(found, { ...three.root, artifactType: SIGNATURE });
  const some = await ask(registry, `?artifactType=${encodeURIComponent(SBOM)}`);
  assert.deepEqual(digestsOf(some), sorted(one, two));
  assert.equal(some.headers['oci-filters-applied'], 'artifactType');
  assert.deepEqual(digestsOf(await ask(registry, '?artifactType=other')), []);
  await registry.ask('DELETE', `/v2/app/manifests/${one.root.digest}`);
  assert.deepEqual(digestsOf(await ask(registry)), sorted(two, three));
});

test('there is nothing about what is not there, and that is no error', async (t) => {
  const registry = await served(t);
  await pushGraph(registry, 'app', image, '1');
  for (const [digest, name] of [
    [image.root.digest, 'app'],
    [digestOf('nothing'), 'app'],
    [digestOf('nothing', 'sha512'), 'app'],
    [digestOf('nothing'), 'nobody'],
  ] as const) {
    assert.deepEqual(digestsOf(await ask(registry, '', digest, name)), []);
  }
  for (const digest of ['tag', 'sha256:short', `md5:${'0'.repeat(32)}`]) {
    const { status, codes } = await ask(registry, '', digest);
    assert.deepEqual([status, codes], [400, ['DIGEST_INVALID']], digest);
  }
});

/** Follows the links. */
async function pagesOf(registry: Served, query: string): Promise<readonly (readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  for (let path: string | undefined = `/v2/app/referrers/${image.root.digest}${query}`; path !== undefined; ) {
    const answer = await registry.ask('GET', path);
    pages.push(digestsOf(answer));
    if (query.includes('artifactType')) assert.equal(answer.headers['oci-filters-applied'], 'artifactType');
    path = /^<(?<path>[^>]+)>; rel="next"$/.exec(String(answer.headers['link']))?.groups?.['path'];
  }
  return pages;
}

test('pages, of the size that was asked for', async (t) => {
  const registry = await served(t);
  const boms = Array.from({ length: 5 }, (_, at) => artifact(SBOM, String(at)));
  await attach(registry, ...boms, artifact(SIGNATURE, 'x'));
  const all = sorted(...boms);
  const query = `?artifactType=${encodeURIComponent(SBOM)}`;
  assert.deepEqual(await pagesOf(registry, `${query}&n=2`), [all.slice(0, 2), all.slice(2, 4), all.slice(4)]);
  assert.deepEqual(await pagesOf(registry, `${query}&n=5`), [all]);
  assert.deepEqual((await pagesOf(registry, '?n=4')).flat().length, 6);
  assert.deepEqual(await pagesOf(registry, `${query}&last=${all[3]}`), [all.slice(4)]);
  assert.deepEqual(await pagesOf(registry, `${query}&last=zzz`), [[]]);
  for (const n of ['0', '-1', 'x', '1e3', '']) {
    const { status, codes } = await ask(registry, `?n=${n}`);
    assert.deepEqual([status, codes], [400, ['PAGINATION_NUMBER_INVALID']], n);
  }
});

test('no answer is larger than a manifest may be', async (t) => {
  const registry = await served(t);
  const digests: string[] = [];
  for (let at = 0; at < 10; at++) {
    const annotations = { at: String(at), text: 'é'.repeat(500_000) };
    const graph = sealManifest(
      { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], subject: image.root, annotations },
      { mediaType: OCI_INDEX },
    );
    await attach(registry, graph);
    digests.push(graph.root.digest);
  }
  const pages = await pagesOf(registry, '');
  assert.deepEqual(pages.flat(), digests.toSorted());
  assert.deepEqual(
    pages.map(({ length }) => length),
    [4, 4, 2],
  );
  assert.ok((await ask(registry)).body.length <= 4 * 2 ** 20);
});

test('what clients from before this have listed under a tag is part of it', async (t) => {
  const registry = await served(t);
  const known = artifact(SBOM, 'names its subject');
  const old = artifact(SIGNATURE, 'listed alone', 'none');
  const gone = artifact(SBOM, 'listed, but not there', 'none');
  await attach(registry, known);
  await pushGraph(registry, 'app', old, 'old');
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const subject = digestOf(image.blobs.get(image.root.digest) ?? assert.fail(), algorithm);
    const list = buildIndex([{ graph: known }, { graph: old }, { graph: gone }, { graph: old }]);
    const tag = `${algorithm}-${subject.slice(7, 71)}`;
    assert.equal((await pushManifest(registry, 'app', list, { to: tag })).status, 201);
    assert.deepEqual(digestsOf(await ask(registry, '', subject)), sorted(known, old));
    assert.equal((await registry.ask('GET', `/v2/app/manifests/${tag}`)).headers['content-type'], OCI_INDEX);
  }
  await pushGraph(registry, 'app', image, `sha256-${image.root.digest.slice(7)}`);
  assert.deepEqual(digestsOf(await ask(registry)), sorted(known), 'an image under such a tag lists nothing');
});
