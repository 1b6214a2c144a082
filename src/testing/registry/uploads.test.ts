import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { cutUpload, uploadLocation, uploadRange } from '../faults/uploads.ts';
import { digestOf } from '../images/descriptor-of.ts';
import { buildImage } from '../images/image.ts';
import { type Asked, type AskOptions, ask } from './ask.ts';
import { bearerAuth } from './auth.ts';
import { type RegistryOptions, startRegistry, type TestRegistry } from './start.ts';

const running: TestRegistry[] = [];
after(() => Promise.all(running.map((registry) => registry.close())));

async function start(options: RegistryOptions = {}): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  running.push(registry);
  return registry;
}

const DIGEST = digestOf(Buffer.from('hello world'));
const UPLOADS = '/v2/team/app/blobs/uploads/';

async function opened(registry: TestRegistry): Promise<string> {
  const { status, headers } = await ask(registry.url + UPLOADS, { method: 'POST' });
  assert.deepEqual([status, headers.range], [202, '0-0']);
  return new URL(headers.location ?? '', registry.url).href;
}

const withDigest = (location: string, digest: string): string => `${location}&digest=${encodeURIComponent(digest)}`;
const send = (url: string, method: string, body: string, headers: AskOptions['headers'] = {}): Promise<Asked> =>
  ask(url, { method, body, headers: { 'content-length': String(body.length), ...headers } });
const next = (answer: Asked, registry: TestRegistry): string =>
  new URL(answer.headers.location ?? '', registry.url).href;

test('a blob comes in pieces, and each must begin where the last ended', async () => {
  const registry = await start({ uploads: { leastPiece: 5 } });
  const first = await send(await opened(registry), 'PATCH', 'hello', { 'content-range': '0-4' });
  assert.deepEqual([first.status, first.headers.range, first.headers['oci-chunk-min-length']], [202, '0-4', '5']);
  const wrong = await send(next(first, registry), 'PATCH', 'world', { 'content-range': '6-10' });
  assert.deepEqual([wrong.status, wrong.headers.range], [416, '0-4']);
  const status = await ask(next(first, registry));
  assert.deepEqual([status.status, status.headers.range], [204, '0-4']);
  const second = await send(next(status, registry), 'PATCH', ' world');
  const end = await send(withDigest(next(second, registry), DIGEST), 'PUT', '');
  assert.deepEqual([end.status, end.headers['docker-content-digest']], [201, DIGEST]);
  assert.equal(registry.blob('team/app', DIGEST)?.toString(), 'hello world');
  assert.equal(registry.openUploads, 0);
});

test('a blob comes whole, or not at all', async () => {
  const registry = await start();
  assert.equal((await send(withDigest(await opened(registry), DIGEST), 'PUT', 'hello World')).status, 400);
  assert.equal(registry.blob('team/app', DIGEST), undefined);
  assert.equal((await send(withDigest(await opened(registry), DIGEST), 'PUT', 'hello world')).status, 201);
  assert.equal((await ask(await opened(registry), { method: 'DELETE' })).status, 204);
  assert.equal((await ask(`${registry.url}${UPLOADS}unknown`)).status, 404);
});

test('what was cut is kept, unless Location says how far it was', async () => {
  for (const strict of [false, true]) {
    const registry = await start({ uploads: { strict } });
    registry.inject(cutUpload(5, { method: 'PATCH', times: 1 }));
    const location = await opened(registry);
    const cut = await send(location, 'PATCH', 'hello world').catch(() => undefined);
    assert.equal(cut, undefined);
    const { status, headers } = await ask(location);
    assert.deepEqual([status, headers.range], strict ? [404, undefined] : [204, '0-4']);
  }
});

test('rules: too large, no PATCH, no questions, Locations of any kind, nothing at all', async () => {
  const small = await start({ uploads: { mostBody: 5 } });
  assert.equal((await send(await opened(small), 'PATCH', 'hello world')).status, 413);
  const plain = await start({ uploads: { patch: false, status: false, location: 'relative' } });
  assert.equal((await send(await opened(plain), 'PATCH', 'hello')).status, 405);
  assert.equal((await ask(await opened(plain))).status, 405);
  const { headers } = await ask(plain.url + UPLOADS, { method: 'POST' });
  assert.match(headers.location ?? '', /^\/v2\/team\/app\/blobs\/uploads\//);
  const elsewhere = await start({ uploads: { location: (path) => `http://other.example${path}` } });
  const away = await ask(elsewhere.url + UPLOADS, { method: 'POST' });
  assert.match(away.headers.location ?? '', /^http:\/\/other\.example\/v2\//);
  const closed = await start({ uploads: false });
  assert.equal((await ask(closed.url + UPLOADS, { method: 'POST' })).status, 405);
});

test('faults: another range, other places', async () => {
  const registry = await start();
  registry.inject(uploadRange('0-99', { method: 'PATCH' }), uploadLocation(['/a', '/b'], { method: 'GET' }));
  const location = await opened(registry);
  assert.equal((await send(location, 'PATCH', 'hello')).headers.range, '0-99');
  const { headers } = await ask(location);
  assert.equal(headers.location, '/a');
});

test('a mount takes a blob from where it is', async () => {
  const image = buildImage();
  const [digest = ''] = image.blobs.keys();
  for (const [rules, query, status] of [
    [{}, '&from=base', 201],
    [{}, '', 201],
    [{ anonymousMount: false }, '', 202],
    [{ mount: false }, '&from=base', 202],
    [{}, '&from=other', 202],
  ] as const) {
    const registry = await start({ images: { 'base:1': image }, uploads: rules });
    const mounted = await ask(`${registry.url}${UPLOADS}?mount=${digest}${query}`, { method: 'POST' });
    assert.equal(mounted.status, status);
    assert.equal(registry.blob('team/app', digest) !== undefined, status === 201);
  }
});

test('a manifest needs what it names, and a subject makes it a referrer', async () => {
  const image = buildImage();
  const registry = await start({ images: { 'team/app:1': image } });
  const put = (text: string): Promise<Asked> =>
    send(`${registry.url}/v2/team/app/manifests/2`, 'PUT', text, { 'content-type': image.root.mediaType });
  const config = { mediaType: 'application/x', digest: [...image.blobs.keys()][0], size: 1 };
  const subject = { mediaType: image.root.mediaType, digest: image.root.digest, size: image.root.size };
  const missing = { ...config, digest: DIGEST };
  assert.match((await put(JSON.stringify({ config, layers: [missing] }))).body.toString(), /MANIFEST_BLOB_UNKNOWN/);
  const taken = await put(JSON.stringify({ config, layers: [], subject, artifactType: 'a/b' }));
  assert.deepEqual([taken.status, taken.headers['oci-subject']], [201, image.root.digest]);
  const list = await ask(`${registry.url}/v2/team/app/referrers/${image.root.digest}?artifactType=a/b`);
  assert.equal(list.headers['oci-filters-applied'], 'artifactType');
  assert.match(list.body.toString(), new RegExp(registry.tag('team/app', '2') ?? 'none'));
});

test('who may only pull is not given more, whatever is asked for', async () => {
  const registry = await start({ auth: bearerAuth({ actions: ['pull'] }) });
  const { headers } = await ask(registry.url + UPLOADS, { method: 'POST' });
  const challenge = headers['www-authenticate'] ?? '';
  assert.match(challenge, /scope="repository:team\/app:pull,push"/);
  const answer = await ask(`${registry.url}/token?scope=repository:team/app:pull,push`);
  const { token }: { token: string } = JSON.parse(answer.body.toString());
  const again = await ask(registry.url + UPLOADS, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  assert.equal(again.status, 401);
});
