import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  parseSchema1,
  SCHEMA1_SIGNED_MANIFEST,
  schema1Layers,
  schema1Payload,
} from '#oci';
import { buildImage, buildIndex, helloImage, helloIndex } from '#testing';
import { createMemoryStorage } from '../storage/memory/memory-storage.ts';
import type { RegistryStorage } from '../storage/port.ts';
import { EMPTY_LAYER } from './empty-layer.ts';
import { pushGraph } from './push-graph.test.fixture.ts';
import { type Answer, type Served, served } from './served.test.fixture.ts';

const docker = helloImage('amd64', { flavour: 'docker' });
const list = helloIndex({ flavour: 'docker' });
const armList = buildIndex([helloImage('arm64', { flavour: 'docker' })], { flavour: 'docker' });
const oci = helloImage('amd64');
const ociIndex = helloIndex();

async function filled(registry: Served): Promise<void> {
  await pushGraph(registry, 'lay/out', docker, 'v1');
  await pushGraph(registry, 'lay/out', list, 'multi');
  await pushGraph(registry, 'lay/out', armList, 'arm');
  await pushGraph(registry, 'lay/out', oci, 'oci');
  await pushGraph(registry, 'lay/out', ociIndex, 'index');
}

function get(registry: Served, reference: string, accept?: string, method = 'GET'): Promise<Answer> {
  const headers: Record<string, string> = accept === undefined ? {} : { accept };
  return registry.ask(method, `/v2/lay/out/manifests/${reference}`, { headers });
}

function isSchema1(answer: Answer, tag: string): void {
  assert.equal(answer.headers['content-type'], SCHEMA1_SIGNED_MANIFEST);
  const { name, tag: found, steps } = parseSchema1(answer.body);
  assert.deepEqual([name, found, steps.length], ['lay/out', tag, 1]);
  assert.deepEqual(
    schema1Layers(parseSchema1(answer.body)).map(({ digest }) => digest),
    docker.layers.map(({ digest }) => digest),
  );
  assert.equal(answer.headers['docker-content-digest'], digestOf(schema1Payload(answer.body)));
}

/** Tag, Accept, and the digest that is answered; `schema1` for the docker image in that form, a status for an error. */
const ROWS: readonly (readonly [tag: string, accept: string | undefined, expected: string | number])[] = [
  ['v1', undefined, 'schema1'],
  ['v1', '*/*', 'schema1'],
  ['v1', SCHEMA1_SIGNED_MANIFEST, 'schema1'],
  ['v1', DOCKER_MANIFEST, docker.root.digest],
  ['v1', `text/plain, ${DOCKER_MANIFEST};q=0.1`, docker.root.digest],
  ['v1', OCI_MANIFEST, docker.root.digest],
  [docker.root.digest, undefined, docker.root.digest],
  ['multi', undefined, 'schema1'],
  ['multi', DOCKER_MANIFEST, docker.root.digest],
  ['multi', `${DOCKER_MANIFEST}, ${DOCKER_LIST}`, list.root.digest],
  ['multi', OCI_INDEX, list.root.digest],
  [list.root.digest, DOCKER_MANIFEST, list.root.digest],
  ['arm', undefined, 404],
  ['arm', DOCKER_MANIFEST, 404],
  ['arm', DOCKER_LIST, armList.root.digest],
  ['oci', undefined, oci.root.digest],
  ['oci', '*/*', oci.root.digest],
  ['oci', `${DOCKER_MANIFEST}, ${DOCKER_LIST}`, oci.root.digest],
  ['index', undefined, ociIndex.root.digest],
  ['index', DOCKER_MANIFEST, ociIndex.root.digest],
];

test('manifests are answered in the form that the client knows; HEAD says the same', async (t) => {
  const registry = await served(t);
  await filled(registry);
  for (const [tag, accept, expected] of ROWS) {
    const answer = await get(registry, tag, accept);
    const what = `${tag} for ${accept}`;
    if (expected === 404) assert.deepEqual([answer.status, answer.codes], [404, ['MANIFEST_UNKNOWN']], what);
    else {
      assert.equal(answer.status, 200, what);
      if (expected === 'schema1') isSchema1(answer, tag);
      else {
        assert.equal(answer.headers['docker-content-digest'], expected, what);
        assert.equal(digestOf(answer.body), expected, what);
      }
    }
    assert.equal(answer.headers['content-length'], String(answer.body.length));
    assert.equal(answer.headers['docker-distribution-api-version'], 'registry/2.0');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    const head = await get(registry, tag, accept, 'HEAD');
    assert.equal(head.body.length, 0);
    const { date: _date, ...facts } = answer.headers;
    const { date: _other, ...told } = head.headers;
    assert.deepEqual([head.status, told], [answer.status, facts], what);
    if (answer.status === 200) assert.equal(facts.etag, `"${String(facts['docker-content-digest'])}"`);
  }
});

test('without schema1 everything is answered as it was pushed', async (t) => {
  const registry = await served(t, { schema1: 'off' });
  await filled(registry);
  for (const [tag, graph] of [
    ['v1', docker],
    ['multi', list],
    ['arm', armList],
  ] as const) {
    for (const accept of [undefined, '*/*', SCHEMA1_SIGNED_MANIFEST]) {
      const answer = await get(registry, tag, accept);
      assert.deepEqual(answer.body, Buffer.from(graph.blobs.get(graph.root.digest) ?? []));
    }
  }
});

test('whoever has a manifest is told that it is the same', async (t) => {
  const registry = await served(t);
  await filled(registry);
  const { digest } = oci.root;
  const conditions: readonly (readonly [condition: string, isSame: boolean])[] = [
    [`"${digest}"`, true],
    [digest, true],
    [`W/"${digest}"`, true],
    [`"x", "${digest}"`, true],
    ['*', true],
    [`"${docker.root.digest}"`, false],
    ['""', false],
    ['', false],
  ];
  for (const [condition, isSame] of conditions) {
    for (const method of ['GET', 'HEAD']) {
      const path = '/v2/lay/out/manifests/oci';
      const answer = await registry.ask(method, path, { headers: { 'if-none-match': condition } });
      assert.equal(answer.status, isSame ? 304 : 200, condition);
      assert.equal(answer.headers['docker-content-digest'], digest);
      if (isSame) assert.deepEqual([answer.body.length, answer.headers['content-length']], [0, undefined]);
    }
  }
  const first = await get(registry, 'v1');
  const again = await registry.ask('GET', '/v2/lay/out/manifests/v1', {
    headers: { 'if-none-match': String(first.headers.etag) },
  });
  assert.equal(again.status, 304);
});

test('what is not there, and what cannot be', async (t) => {
  const registry = await served(t);
  await filled(registry);
  const other = `sha256:${'0'.repeat(64)}`;
  const rows: readonly (readonly [repository: string, reference: string, status: number, code: string])[] = [
    ['lay/out', 'nothing', 404, 'MANIFEST_UNKNOWN'],
    ['lay/out', other, 404, 'MANIFEST_UNKNOWN'],
    ['lay/out', `sha512:${'0'.repeat(128)}`, 404, 'MANIFEST_UNKNOWN'],
    ['nobody', 'nothing', 404, 'NAME_UNKNOWN'],
    ['nobody', other, 404, 'NAME_UNKNOWN'],
    ['lay/out', 'sha256:baddigeststring', 400, 'DIGEST_INVALID'],
    ['lay/out', `sha256:${'A'.repeat(64)}`, 400, 'DIGEST_INVALID'],
    ['lay/out', `md5:${'0'.repeat(32)}`, 400, 'DIGEST_INVALID'],
    ['lay/out', ':', 400, 'DIGEST_INVALID'],
    ['lay/out', '.hidden', 404, 'MANIFEST_UNKNOWN'],
    ['lay/out', 'a'.repeat(129), 404, 'MANIFEST_UNKNOWN'],
    ['lay/out', '..%2f..%2fetc', 404, 'MANIFEST_UNKNOWN'],
    ['lay/out', '%00', 404, 'MANIFEST_UNKNOWN'],
    ['lay/out', '%zz', 404, 'MANIFEST_UNKNOWN'],
  ];
  for (const [repository, reference, status, code] of rows) {
    const answer = await registry.ask('GET', `/v2/${repository}/manifests/${reference}`);
    assert.deepEqual([answer.status, answer.codes], [status, [code]], reference);
  }
  const escaped = await get(registry, oci.root.digest.replace(':', '%3A'));
  assert.equal(escaped.status, 200);
});

test('a script of old gets every blob that schema1 names', async (t) => {
  const registry = await served(t);
  const history = [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }];
  const steps = buildImage({ flavour: 'docker', editConfig: (config) => ({ ...config, history }) });
  await pushGraph(registry, 'lay/out', steps, 'steps');
  const { body } = await get(registry, 'steps');
  const blobSums = [...body.toString().matchAll(/"blobSum": "(?<digest>[^"]+)"/g)].map((match) => match[1] ?? '');
  assert.deepEqual(blobSums, [EMPTY_LAYER, steps.layers[0]?.digest]);
  for (const blobSum of blobSums) {
    const blob = await registry.ask('GET', `/v2/lay/out/blobs/${blobSum}`);
    assert.deepEqual([blob.status, digestOf(blob.body)], [200, blobSum]);
  }
});

/** Images that registry:2 could not make schema1 of either. */
test('what cannot be made schema1 is answered as it is', async (t) => {
  const storage = createMemoryStorage();
  const registry = await served(t, { storage });
  const without = (member: string): object =>
    buildImage({ flavour: 'docker', editConfig: (config) => ({ ...config, [member]: undefined }) });
  const images = {
    history: without('history'),
    rootfs: without('rootfs'),
    twice: buildImage({ flavour: 'docker', editConfig: (config) => ({ ...config, history: [{}, {}] }) }),
    huge: buildImage({ flavour: 'docker', editConfig: (config) => ({ ...config, comment: 'x'.repeat(5 << 20) }) }),
    words: buildImage({ flavour: 'docker', editConfig: () => 'no config' }),
  } as Record<string, ReturnType<typeof buildImage>>;
  for (const [tag, image] of Object.entries(images)) {
    await pushGraph(registry, 'lay/out', image, tag);
    const answer = await get(registry, tag);
    assert.deepEqual([answer.status, answer.headers['docker-content-digest']], [200, image.root.digest], tag);
  }
  await pushGraph(registry, 'lay/out', docker, 'gone');
  await storage.removeBlob('lay/out', docker.config.digest);
  assert.equal((await get(registry, 'gone')).headers['docker-content-digest'], docker.root.digest);
});

test('a schema1 form is made once for each name', async (t) => {
  const registry = await served(t);
  await pushGraph(registry, 'lay/out', docker, 'v1');
  await pushGraph(registry, 'lay/out', docker, 'v2');
  const [one, same, other] = [await get(registry, 'v1'), await get(registry, 'v1'), await get(registry, 'v2')];
  assert.deepEqual(one?.body, same?.body);
  isSchema1(other ?? assert.fail(), 'v2');
});

/** Docker's own registry takes lists that we refuse. */
test('a list that cannot be read has no image for clients of old', async (t) => {
  const storage: RegistryStorage = createMemoryStorage();
  const registry = await served(t, { storage });
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: DOCKER_LIST, manifests: 'none' }));
  await storage.putManifest('lay/out', { digest: digestOf(bytes), mediaType: DOCKER_LIST, bytes }, ['odd']);
  assert.deepEqual((await get(registry, 'odd')).codes, ['MANIFEST_UNKNOWN']);
  assert.deepEqual((await get(registry, 'odd', DOCKER_LIST)).body, bytes);
});

test('pulls are told, and looks, which say what a tag was', async (t) => {
  const told: unknown[] = [];
  const registry = await served(t, {
    observers: [{ happened: ({ action, kind, digest, tag }) => told.push([action, kind, digest, tag]) }],
  });
  await pushGraph(registry, 'lay/out', oci, 'oci');
  told.length = 0;
  await get(registry, 'oci');
  await get(registry, oci.root.digest);
  await get(registry, 'oci', undefined, 'HEAD');
  await get(registry, 'nothing');
  assert.deepEqual(told, [
    ['pull', 'manifest', oci.root.digest, 'oci'],
    ['pull', 'manifest', oci.root.digest, undefined],
    ['pull', 'manifest', oci.root.digest, 'oci'],
  ]);
});
