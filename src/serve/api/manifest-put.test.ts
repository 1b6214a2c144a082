import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '#oci';
import { buildArtifact, buildImage, buildIndex, helloImage, helloIndex, sealManifest } from '#testing';
import type { RegistryEvent } from '../observe/port.ts';
import { pushBlobs, pushGraph, pushManifest, putDocument, tagOf } from './push-graph.test.fixture.ts';
import { pushBlob, served } from './served.test.fixture.ts';

const image = helloImage('amd64');
const index = helloIndex();

test('by tag and by digest: what is answered, and what is there then', async (t) => {
  const registry = await served(t, { prefix: '/docker' });
  await pushBlobs(registry, 'app', image);
  for (const to of ['1.0', image.root.digest]) {
    const headers = { 'content-type': OCI_MANIFEST };
    const body = image.blobs.get(image.root.digest) ?? assert.fail();
    const path = `/docker/v2/app/manifests/${to}`;
    const { status, headers: answered, body: nothing } = await registry.ask('PUT', path, { headers, body });
    assert.deepEqual([status, nothing.length], [201, 0]);
    assert.equal(answered['location'], `/docker/v2/app/manifests/${image.root.digest}`);
    assert.equal(answered['docker-content-digest'], image.root.digest);
    assert.deepEqual(
      [answered['oci-subject'], answered['oci-tag'], answered['warning']],
      [undefined, undefined, undefined],
    );
    const got = await registry.ask('GET', path);
    assert.deepEqual([got.headers['content-type'], got.body], [OCI_MANIFEST, Buffer.from(body)]);
  }
});

test('by digest with tags: each is made, and told', async (t) => {
  const registry = await served(t);
  await pushBlobs(registry, 'app', image);
  const tags = ['1', '1.2', '1.2.3', 'latest', '1'];
  const to = `${image.root.digest}?${tags.map((tag) => `tag=${tag}`).join('&')}`;
  const { status, headers } = await pushManifest(registry, 'app', image, { to });
  assert.deepEqual([status, headers['oci-tag']], [201, '1, 1.2, 1.2.3, latest']);
  for (const tag of tags) assert.equal(await tagOf(registry, tag), image.root.digest);

  const bytes = image.blobs.get(image.root.digest) ?? assert.fail();
  const sha512 = digestOf(bytes, 'sha512');
  assert.equal((await pushManifest(registry, 'app', image, { to: `${sha512}?tag=long` })).status, 201);
  assert.equal(await tagOf(registry, 'long'), sha512);
  assert.equal(await tagOf(registry, sha512), sha512);

  const many = (count: number): string => Array.from({ length: count }, (_, at) => `tag=t${at}`).join('&');
  assert.equal((await pushManifest(registry, 'app', image, { to: `${sha512}?${many(100)}` })).status, 201);
  assert.equal((await pushManifest(registry, 'app', image, { to: `${sha512}?${many(101)}` })).status, 414);
  for (const tag of ['', '.x', 'a/b', 'x'.repeat(129), 'ü']) {
    const query = new URLSearchParams([
      ['tag', 'good'],
      ['tag', tag],
    ]).toString();
    const refused = await pushManifest(registry, 'app', image, { to: `${sha512}?${query}` });
    assert.deepEqual([refused.status, refused.codes], [400, ['TAG_INVALID']], tag);
  }
  assert.equal(await tagOf(registry, 'good'), undefined);
});

test('what it must have, and where it goes', async (t) => {
  const registry = await served(t);
  await pushBlobs(registry, 'app', image);
  const zeros = `sha256:${'0'.repeat(64)}`;
  const rows: readonly (readonly [to: string, code: string])[] = [
    [zeros, 'DIGEST_INVALID'],
    [`sha512:${'0'.repeat(128)}`, 'DIGEST_INVALID'],
    ['sha256:baddigeststring', 'DIGEST_INVALID'],
    [image.root.digest.toUpperCase().replace('SHA', 'sha'), 'DIGEST_INVALID'],
    ['md5:d41d8cd98f00b204e9800998ecf8427e', 'DIGEST_INVALID'],
    ['-x', 'TAG_INVALID'],
    ['x'.repeat(129), 'TAG_INVALID'],
    ['a%2Fb', 'TAG_INVALID'],
  ];
  for (const [to, code] of rows) {
    const { status, codes } = await pushManifest(registry, 'app', image, { to });
    assert.deepEqual([status, codes], [400, [code]], to);
  }
  assert.equal((await pushManifest(registry, 'app', image, { to: 'x'.repeat(128) })).status, 201);
});

test('config and layers must be there, in their sizes', async (t) => {
  const registry = await served(t);
  const [layer] = image.layers;
  const lacking = await pushManifest(registry, 'app', image);
  assert.deepEqual([lacking.status, lacking.codes], [400, ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN']]);
  const { errors } = JSON.parse(lacking.body.toString()) as {
    readonly errors: readonly { readonly detail: unknown }[];
  };
  assert.deepEqual(
    errors.map(({ detail }) => detail),
    [image.config.digest, layer?.digest],
  );
  assert.equal(await registry.storage.tags('app'), undefined, 'nothing is kept');
  await pushBlob(registry, 'elsewhere', layer?.bytes ?? assert.fail());
  await pushBlob(registry, 'app', image.blobs.get(image.config.digest) ?? assert.fail());
  assert.deepEqual((await pushManifest(registry, 'app', image)).codes, ['MANIFEST_BLOB_UNKNOWN'], 'of this repository');
  await pushBlobs(registry, 'app', image);
  assert.equal((await pushManifest(registry, 'app', image)).status, 201);
  for (const size of [0, 1, 2 ** 40]) {
    const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: { ...image.config, size }, layers: [] };
    assert.deepEqual((await putDocument(registry, 'x', document)).codes, ['SIZE_INVALID'], String(size));
  }
});

test('layers that are elsewhere need not be there', async (t) => {
  const registry = await served(t);
  const foreign = { foreign: { urls: ['https://store.example.com/layer'] }, files: [{ name: 'a', content: 'a' }] };
  for (const flavour of ['oci', 'docker'] as const) {
    const windows = buildImage({ flavour, layers: [foreign, { files: [{ name: 'b', content: 'b' }] }] });
    await pushGraph(registry, 'app', windows, flavour);
  }
});

test('an index may list what is not there, unless it must not', async (t) => {
  const sparse = await served(t);
  const whole = await served(t, { indexes: 'whole' });
  const answer = await pushManifest(sparse, 'app', index, { to: 'a' });
  assert.equal(answer.status, 201);
  assert.match(String(answer.headers['warning']), /^299 - "2 of what this manifest lists .*"$/);
  await pushGraph(sparse, 'app', index, 'b');
  assert.equal((await pushManifest(sparse, 'app', index, { to: 'b' })).headers['warning'], undefined);
  const refused = await pushManifest(whole, 'app', index);
  assert.deepEqual([refused.status, refused.codes], [400, ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN']]);
  await pushGraph(whole, 'app', index, 'b');
  const cache = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...image.config, mediaType: OCI_LAYER }] };
  await pushBlobs(whole, 'app', image);
  assert.equal((await putDocument(whole, 'cache', cache)).status, 201, 'a list of layers, as caches of builds are');
  const [entry] = (
    JSON.parse(Buffer.from(index.blobs.get(index.root.digest) ?? []).toString()) as { manifests: object[] }
  ).manifests;
  const wrong = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...entry, size: 7 }] };
  for (const registry of [sparse, whole])
    assert.deepEqual((await putDocument(registry, 'x', wrong)).codes, ['SIZE_INVALID']);
});

test('a subject is told, whether it is there or not', async (t) => {
  const registry = await served(t);
  const sbom = buildArtifact({ artifactType: 'application/spdx+json', subject: image.root });
  await pushBlobs(registry, 'app', sbom);
  assert.equal((await pushManifest(registry, 'app', sbom)).headers['oci-subject'], image.root.digest);
  const list = sealManifest(
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], subject: image.root },
    { mediaType: OCI_INDEX },
  );
  assert.equal((await pushManifest(registry, 'app', list)).headers['oci-subject'], image.root.digest);
});

test('a push is told for each tag, with what it points to', async (t) => {
  const told: RegistryEvent[] = [];
  const registry = await served(t, { observers: [{ happened: (event) => told.push(event) }] });
  await pushBlobs(registry, 'app', image);
  await pushManifest(registry, 'app', image, { to: `${image.root.digest}?tag=a&tag=b` });
  await pushManifest(registry, 'app', image);
  const list = buildIndex([image]);
  await pushManifest(registry, 'app', list, { to: 'list' });
  assert.deepEqual(
    told.map(({ action, kind, repository, digest, size, tag }) => [action, kind, repository, digest, size, tag]),
    [
      ...['a', 'b', undefined].map((tag) => ['push', 'manifest', 'app', image.root.digest, image.root.size, tag]),
      ['push', 'manifest', 'app', list.root.digest, list.root.size, 'list'],
    ],
  );
  assert.deepEqual(
    told[0]?.references?.map(({ mediaType, digest }) => [mediaType, digest]),
    [
      [OCI_CONFIG, image.config.digest],
      [`${OCI_LAYER}+gzip`, image.layers[0]?.digest],
    ],
  );
  assert.deepEqual(
    told.at(-1)?.references?.map(({ digest }) => digest),
    [image.root.digest],
  );
});

test('an image may lack some of its layers, unless it must not; one that has none of them is a mistake', async (t) => {
  for (const [indexes, there, status] of [
    ['sparse', 2, 201],
    ['sparse', 1, 201],
    ['sparse', 0, 400],
    ['whole', 1, 400],
  ] as const) {
    const registry = await served(t, { indexes });
    const [config, ...layers] = ['{}', 'one', 'two'].map((text) => Buffer.from(text));
    const descriptor = (bytes: Buffer, mediaType: string): object => ({
      mediaType,
      digest: digestOf(bytes),
      size: bytes.length,
    });
    assert.ok(config !== undefined);
    for (const bytes of [config, ...layers.slice(0, there)]) await pushBlob(registry, 'app', bytes);
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(config, OCI_CONFIG),
      layers: layers.map((bytes) => descriptor(bytes, OCI_LAYER)),
    });
    const answer = await registry.ask('PUT', '/v2/app/manifests/v1', {
      headers: { 'content-type': OCI_MANIFEST },
      body,
    });
    assert.equal(answer.status, status, `${indexes}, ${there} there`);
    assert.equal(answer.headers['warning'] !== undefined, status === 201 && there < 2);
  }
});

test('what a browser would run is no manifest', async (t) => {
  const registry = await served(t);
  for (const type of ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'application/xml', 'text/javascript']) {
    const answer = await putDocument(registry, 'v1', { schemaVersion: 2, html: '<script>' }, type);
    assert.deepEqual([answer.status, answer.codes], [400, ['MANIFEST_INVALID']], type);
    const declared = await putDocument(registry, 'v1', { schemaVersion: 2, mediaType: type });
    assert.equal(declared.status, 400, type);
  }
});
