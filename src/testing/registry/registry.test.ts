import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { createCertificate } from '../certificates.ts';
import { delay } from '../faults/connection.ts';
import { helloIndex } from '../images/collections.ts';
import { digestOf } from '../images/descriptor-of.ts';
import { buildImage } from '../images/image.ts';
import { ask } from './ask.ts';
import { type RegistryOptions, startRegistry, type TestRegistry } from './start.ts';

const OCI = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
const running: TestRegistry[] = [];
after(() => Promise.all(running.map((registry) => registry.close())));

async function start(options: RegistryOptions): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  running.push(registry);
  return registry;
}

test('manifests by tag and by digest, with their type and digest; blobs by digest; 404s as the spec words them', async () => {
  const index = helloIndex();
  const { url, reference, host } = await start({ images: { 'team/app:1': index } }).then((registry) => ({
    url: registry.url,
    host: registry.host,
    reference: registry.reference('team/app:1'),
  }));
  assert.equal(reference, `${host}/team/app:1`);
  assert.deepEqual((await ask(`${url}/v2/`)).body.toString(), '{}');
  for (const name of ['1', index.root.digest]) {
    const got = await ask(`${url}/v2/team/app/manifests/${name}`, { headers: { accept: OCI } });
    assert.deepEqual([got.status, got.headers['content-type']], [200, index.root.mediaType]);
    assert.equal(got.headers['docker-content-digest'], index.root.digest);
    assert.equal(digestOf(got.body), index.root.digest);
  }
  for (const [digest, bytes] of index.blobs) {
    const got = await ask(`${url}/v2/team/app/blobs/${digest}`);
    assert.deepEqual(got.body, Buffer.from(bytes));
  }
  const unknown = [
    ['manifests/2', 'MANIFEST_UNKNOWN'],
    [`blobs/sha256:${'0'.repeat(64)}`, 'BLOB_UNKNOWN'],
    ['../other/tags/list', 'NAME_UNKNOWN'],
  ];
  for (const [path = '', code = ''] of unknown) {
    const got = await ask(`${url}/v2/team/app/${path}`, { headers: { accept: OCI } });
    assert.equal(got.status, 404);
    assert.match(got.body.toString(), new RegExp(code));
  }
});

test('an OCI manifest is not there for a client that does not accept it, unless told otherwise', async () => {
  const images = { 'app:1': helloIndex() };
  const strict = await start({ images });
  assert.equal((await ask(`${strict.url}/v2/app/manifests/1`)).status, 404);
  const open = await start({ images, negotiate: false });
  assert.equal((await ask(`${open.url}/v2/app/manifests/1`)).status, 200);
});

test('HEAD answers with the length and no body; content can be asked for by sha512', async () => {
  const image = buildImage({ flavour: 'docker' });
  const registry = await start({ images: { 'app:1': image } });
  const head = await ask(`${registry.url}/v2/app/manifests/1`, { method: 'HEAD' });
  assert.deepEqual([head.headers['content-length'], head.body.length], [String(image.root.size), 0]);
  const bytes = image.blobs.get(image.root.digest) ?? new Uint8Array();
  const digest = digestOf(bytes, 'sha512');
  const got = await ask(`${registry.url}/v2/app/manifests/${digest}`);
  assert.deepEqual([got.headers['docker-content-digest'], got.body], [digest, Buffer.from(bytes)]);
});

test('ranges of a blob', async () => {
  const image = buildImage({ layers: [{ fill: 5000 }] });
  const [layer] = image.layers;
  assert.ok(layer !== undefined);
  const size = layer.bytes.length;
  const path = `/v2/app/blobs/${layer.digest}`;
  const registry = await start({ images: { 'app:1': image } });
  const cases: readonly (readonly [string, number, number, number])[] = [
    ['bytes=0-9', 206, 0, 10],
    ['bytes=100-', 206, 100, size],
    ['bytes=-7', 206, size - 7, size],
    [`bytes=0-${size + 10}`, 206, 0, size],
    [`bytes=${size}-`, 416, 0, 0],
    ['bytes=x', 200, 0, size],
  ];
  for (const [range, status, first, end] of cases) {
    const got = await ask(registry.url + path, { headers: { range } });
    assert.deepEqual([range, got.status, got.body], [range, status, Buffer.from(layer.bytes.subarray(first, end))]);
    const expected = status === 206 ? `bytes ${first}-${end - 1}/${size}` : undefined;
    assert.equal(got.headers['content-range'], status === 416 ? `bytes */${size}` : expected);
  }
  const without = await start({ images: { 'app:1': image }, ranges: false });
  const got = await ask(without.url + path, { headers: { range: 'bytes=0-9' } });
  assert.deepEqual([got.status, got.body.length, got.headers['accept-ranges']], [200, size, undefined]);
});

test('tags come in pages with a Link to the next one', async () => {
  const image = buildImage();
  const images = Object.fromEntries(['c', 'a', 'b', 'd', 'e'].map((tag) => [`app:${tag}`, image]));
  const registry = await start({ images, pageSize: 2, prefix: '/mirror' });
  const pages: string[][] = [];
  let next: string | undefined = '/mirror/v2/app/tags/list?n=100';
  while (next !== undefined) {
    const page = await ask(`http://${registry.host}${next}`);
    pages.push((JSON.parse(page.body.toString()) as { tags: string[] }).tags);
    next = /<(?<path>[^>]+)>; rel="next"/.exec(String(page.headers['link']))?.groups?.['path'];
  }
  assert.deepEqual(pages, [['a', 'b'], ['c', 'd'], ['e']]);
});

test('it records what was asked on which connection and counts what it served', async () => {
  const image = buildImage();
  const registry = await start({ images: { 'app:1': image }, files: { '/file': Buffer.from('12345') } });
  const [layer] = image.layers;
  assert.ok(layer !== undefined);
  await ask(`${registry.url}/v2/app/blobs/${layer.digest}`, { headers: { 'x-mark': 'one' } });
  await ask(`${registry.url}/v2/app/blobs/${layer.digest}`, { headers: { range: 'bytes=0-9' } });
  await ask(`${registry.url}/file`);
  assert.equal(registry.served.of(layer.digest), layer.bytes.length + 10);
  assert.equal(registry.served.bytes, layer.bytes.length + 15);
  assert.equal(registry.connections, 3);
  const rows = registry.requests.map(({ connection, kind, repository, status, headers }) => [
    connection,
    kind,
    repository,
    status,
    headers['x-mark'],
  ]);
  assert.deepEqual(rows, [
    [1, 'blob', 'app', 200, 'one'],
    [2, 'blob', 'app', 206, undefined],
    [3, 'other', '', 200, undefined],
  ]);
});

test('a request that comes before the answer to the one before it has ended waits for its turn', {
  timeout: 10_000,
}, async () => {
  const registry = await start({ faults: [delay(50, { times: 1 })] });
  const socket = connect(Number(new URL(registry.url).port), '127.0.0.1');
  const request = (more: string): string => `GET /v2/ HTTP/1.1\r\nhost: ${registry.host}\r\n${more}\r\n`;
  socket.write(request('') + request('connection: close\r\n'));
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2, text);
});

test('https with an authority of its own, and with certificates of clients', async () => {
  const authority = createCertificate({ name: 'test authority', authority: true });
  const server = createCertificate({ hosts: ['127.0.0.1', '::1', 'localhost'], issuer: authority });
  const client = createCertificate({ name: 'client', issuer: authority });
  const registry = await start({ tls: { ...server, clientAuthority: authority.cert } });
  const url = `${registry.url}/v2/`;
  assert.match(url, /^https:/);
  const got = await ask(url, { ca: authority.cert, cert: client.cert, key: client.key });
  assert.equal(got.status, 200);
  await assert.rejects(ask(url, { ca: authority.cert }));
  await assert.rejects(ask(url, { cert: client.cert, key: client.key }), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
});

test('a certificate is refused for another host and after its time', async () => {
  const other = createCertificate({ hosts: ['example.test'] });
  const old = createCertificate({ hosts: ['127.0.0.1'], notAfter: new Date(Date.now() - 1000) });
  const cases = [
    [other, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [old, 'CERT_HAS_EXPIRED'],
  ] as const;
  for (const [certificate, code] of cases) {
    const registry = await start({ tls: certificate });
    await assert.rejects(ask(`${registry.url}/v2/`, { ca: certificate.cert }), { code });
  }
});
