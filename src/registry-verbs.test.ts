import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { hasCode } from '#errors';
import {
  bearerAuth,
  buildArtifact,
  changeReply,
  cutAfter,
  flipByte,
  helloImage,
  type RegistryOptions,
  startRegistry,
  type TestRegistry,
} from '#testing';
import { createDray } from './create-dray.ts';
import type { Dray, DrayOptions } from './dray.ts';

const opened: (Dray | TestRegistry)[] = [];
after(() => Promise.all(opened.map((one) => one.close())));

async function serve(options: RegistryOptions, dray: DrayOptions = {}): Promise<[TestRegistry, Dray]> {
  const registry = await startRegistry(options);
  const client = createDray({ root: '/nowhere', env: {}, retries: 2, ...dray });
  opened.push(registry, client);
  return [registry, client];
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function bytesOf(dray: Dray, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await dray.blob(name, async (_, bytes) => {
    for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
  });
  return Buffer.concat(chunks);
}

const image = helloImage('amd64');
const [layer] = image.layers;
assert.ok(layer);

test('the catalog, page after page', async () => {
  const names = ['a', 'b/c', 'd', 'e', 'f'];
  const images = Object.fromEntries(names.map((name) => [`${name}:1`, image]));
  const [registry, dray] = await serve({ images, pageSize: 2 });
  assert.deepEqual(await collect(dray.catalog(registry.host)), names);
  assert.ok(registry.requests.filter(({ path }) => path.includes('_catalog')).length >= 3);
});

test('a registry without a search is searched by its catalog', async () => {
  const [registry, dray] = await serve({ images: { 'team/app:1': image, 'team/other:1': image } });
  const found = await dray.search(`${registry.host}/app`);
  assert.deepEqual(
    found.map(({ name }) => name),
    ['team/app'],
  );
});

test('a blob, whole also over a connection that breaks', async () => {
  const [registry, dray] = await serve({
    images: { 'app:1': image },
    faults: [cutAfter(100, { kind: 'blob', times: 1 })],
  });
  const bytes = await bytesOf(dray, registry.reference(`app@${layer.digest}`));
  assert.deepEqual(bytes, Buffer.from(registry.blob('app', layer.digest) ?? []));
});

test('a blob that is another one', async () => {
  const [registry, dray] = await serve({ images: { 'app:1': image }, faults: [flipByte(5, { kind: 'blob' })] });
  await assert.rejects(bytesOf(dray, registry.reference(`app@${layer.digest}`)), (error) =>
    hasCode(error, 'DIGEST_MISMATCH'),
  );
});

test('what names no blob, and one that is not there', async () => {
  const [registry, dray] = await serve({ images: { 'app:1': image } });
  await assert.rejects(bytesOf(dray, registry.reference('app:1')), (error) => hasCode(error, 'INVALID_REFERENCE'));
  const absent = `sha256:${'0'.repeat(64)}`;
  await assert.rejects(bytesOf(dray, registry.reference(`app@${absent}`)), (error) => hasCode(error, 'BLOB_UNKNOWN'));
});

test('referrers of an image, by type', async () => {
  const sbom = buildArtifact({ artifactType: 'application/spdx+json', subject: image.root });
  const signature = buildArtifact({ artifactType: 'application/vnd.example.sig', subject: image.root });
  const [registry, dray] = await serve({ images: { 'app:1': image, app: sbom } });
  registry.add('app:sig', signature);
  const { subject, referrers } = await dray.referrers(registry.reference('app:1'));
  assert.equal(subject, image.root.digest);
  assert.deepEqual(new Set(referrers.map(({ digest }) => digest)), new Set([sbom.root.digest, signature.root.digest]));
  const only = await dray.referrers(registry.reference('app:1'), { artifactType: 'application/spdx+json' });
  assert.deepEqual(
    only.referrers.map(({ digest }) => digest),
    [sbom.root.digest],
  );
});

test('deleting an image takes all its tags', async () => {
  const [registry, dray] = await serve({ images: { 'app:1': image, 'app:2': image } });
  const { digest } = await dray.delete(registry.reference('app:1'));
  assert.equal(digest, image.root.digest);
  assert.equal(registry.tag('app', '2'), undefined);
});

test('deleting a tag alone leaves the others', async () => {
  const [registry, dray] = await serve({ images: { 'app:1': image, 'app:2': image } });
  assert.equal((await dray.delete(registry.reference('app:1'), { tagOnly: true })).digest, undefined);
  assert.equal(registry.tag('app', '1'), undefined);
  assert.equal(registry.tag('app', '2'), image.root.digest);
});

test('nothing is deleted by a default, nor where it is not allowed', async () => {
  const [registry, dray] = await serve({ images: { 'app:latest': image }, uploads: false });
  await assert.rejects(dray.delete(registry.reference('app')), (error) => hasCode(error, 'INVALID_REFERENCE'));
  await assert.rejects(dray.delete(registry.reference('app:latest')), (error) => hasCode(error, 'UNSUPPORTED'));
  assert.equal(registry.tag('app', 'latest'), image.root.digest);
});

test('the rate limit that a registry tells, and none', async () => {
  const limits = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' };
  const [registry, dray] = await serve({
    images: { 'app:1': image },
    faults: [changeReply({ kind: 'manifest' }, (answer) => ({ ...answer, headers: { ...answer.headers, ...limits } }))],
  });
  const { limit } = await dray.rateLimit(registry.reference('app:1'));
  assert.equal(limit?.limit, 100);
  assert.equal(limit?.remaining, 76);
  assert.equal(limit?.window, 21_600);
  const [other, client] = await serve({ images: { 'app:1': image } });
  assert.equal((await client.rateLimit(other.reference('app:1'))).limit, undefined);
});

test('a token, where the registry wants one', async () => {
  const credentials = { username: 'user', password: 'secret' };
  const auth = bearerAuth({ users: { user: 'secret' } });
  const [registry, dray] = await serve({ images: { 'app:1': image }, auth }, { credentials });
  const token = await dray.token(registry.reference('app'));
  assert.ok(token !== undefined && token.length > 10);
  const response = await fetch(`${registry.url}/v2/app/manifests/1`, {
    headers: { authorization: `Bearer ${token}`, accept: image.root.mediaType },
  });
  assert.equal(response.status, 200);
  const [open, client] = await serve({ images: { 'app:1': image } });
  assert.equal(await client.token(open.reference('app')), undefined);
});
