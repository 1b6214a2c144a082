import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, SCHEMA1_SIGNED_MANIFEST } from '#oci';
import { helloImage } from '#testing';
import { pushBlobs } from './push-graph.test.fixture.ts';
import { type Served, served } from './served.test.fixture.ts';

const image = helloImage('amd64');
const { config } = image;
const LARGE = 2 ** 20;

/** Bodies that are no manifest, whatever they are sent as. */
const BODIES: Readonly<Record<string, string | Uint8Array>> = {
  nothing: '',
  null: 'null',
  array: '[]',
  number: '7',
  text: '"manifest"',
  'half of one': '{"schemaVersion":2,"config":',
  'two of them': '{}{}',
  'no text': Buffer.from([0xff, 0xfe, 0, 0x80]),
  'not UTF-8': Buffer.concat([Buffer.from('{"mediaType":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
  'many arrays': '['.repeat(50_000) + ']'.repeat(50_000),
  'many objects': `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
  'deep in a member': `{"mediaType":"application/vnd.x+json","a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  'many values': `{"mediaType":"application/vnd.x+json","a":[${'0,'.repeat(600_000)}0]}`,
  'a key twice': '{"schemaVersion":2,"layers":[],"layers":[],"config":{}}',
  'a key twice, escaped': '{"mediaType":"application/vnd.x+json","a":1,"\\u0061":2}',
  prototype: '{"__proto__":{"mediaType":"application/vnd.x+json"}}',
  'controls in the type': '{"mediaType":"application/vnd.x+json\\r\\nSet-Cookie: a=b"}',
  'a long type': JSON.stringify({ mediaType: `application/${'x'.repeat(5000)}` }),
  'no ASCII in the type': JSON.stringify({ mediaType: 'application/vnd.ü+json' }),
  'a type that is an object': '{"mediaType":{"toString":1}}',
};

/** What is wrong with a descriptor. */
const DESCRIPTORS: Readonly<Record<string, unknown>> = {
  'is null': null,
  'is a text': config.digest,
  'is empty': {},
  'has a negative size': { ...config, size: -1 },
  'has half a byte': { ...config, size: 0.5 },
  'has a huge size': { ...config, size: 2 ** 60 },
  'has a text as its size': { ...config, size: '2' },
  'has no digest': { ...config, digest: undefined },
  'has a path as its digest': { ...config, digest: 'sha256:../../../../etc/passwd' },
  'has an upper-case digest': { ...config, digest: `sha256:${'A'.repeat(64)}` },
  'has an unknown algorithm': { ...config, digest: `md5:${'a'.repeat(32)}` },
  'has a type with a line break': { ...config, mediaType: 'a/b\r\nx: y' },
  'has a number as its type': { ...config, mediaType: 1 },
  'has a number among its annotations': { ...config, annotations: { a: 1 } },
};

test('bodies that are no manifest are refused', async (t) => {
  const registry = await served(t, { onFailure: (error) => assert.fail(String(error)) });
  await pushBlobs(registry, 'app', image);
  for (const [what, body] of Object.entries(BODIES)) {
    for (const type of [undefined, OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, SCHEMA1_SIGNED_MANIFEST]) {
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
      const { status, codes } = await registry.ask('PUT', '/v2/app/manifests/x', { headers, body });
      assert.deepEqual([status, codes], [400, ['MANIFEST_INVALID']], `${what} as ${type}`);
    }
  }
  assert.deepEqual((await registry.storage.tags('app'))?.names, []);
});

test('descriptors that are none are refused wherever they stand', async (t) => {
  const registry = await served(t, { onFailure: (error) => assert.fail(String(error)) });
  await pushBlobs(registry, 'app', image);
  const places: readonly (readonly [type: string, put: (descriptor: unknown) => object])[] = [
    [OCI_MANIFEST, (descriptor) => ({ config: descriptor, layers: [] })],
    [OCI_MANIFEST, (descriptor) => ({ config, layers: [config, descriptor] })],
    [OCI_MANIFEST, (descriptor) => ({ config, layers: [], subject: descriptor ?? 0 })],
    [OCI_INDEX, (descriptor) => ({ manifests: [descriptor] })],
    [OCI_INDEX, (descriptor) => ({ manifests: [], subject: descriptor ?? 0 })],
  ];
  for (const [what, descriptor] of Object.entries(DESCRIPTORS)) {
    for (const [type, put] of places) {
      const body = JSON.stringify({ schemaVersion: 2, mediaType: type, ...put(descriptor) });
      const headers = { 'content-type': type };
      const answer = await registry.ask('PUT', '/v2/app/manifests/x', { headers, body });
      assert.deepEqual([answer.status, answer.codes], [400, ['MANIFEST_INVALID']], `${what}: ${body}`);
    }
  }
});

test('more layers than anybody has are refused, and those that are missing are listed in part', async (t) => {
  const registry = await served(t, { onFailure: (error) => assert.fail(String(error)) });
  await pushBlobs(registry, 'app', image);
  const push = (layers: number): ReturnType<Served['ask']> => {
    const digests = Array.from({ length: layers }, (_, at) => `sha256:${at.toString(16).padStart(64, '0')}`);
    const document = { schemaVersion: 2, config, layers: digests.map((digest) => ({ ...config, digest })) };
    const headers = { 'content-type': OCI_MANIFEST };
    return registry.ask('PUT', '/v2/app/manifests/x', { headers, body: JSON.stringify(document) });
  };
  assert.deepEqual((await push(10_001)).codes, ['MANIFEST_INVALID']);
  const missing = await push(5000);
  assert.deepEqual([missing.status, missing.codes.length], [400, 100]);
});

function begin({ port }: Served, headers: Record<string, string | number>): ClientRequest {
  const sent = request({
    host: '127.0.0.1',
    port,
    method: 'PUT',
    path: '/v2/app/manifests/x',
    agent: false,
    headers: { 'content-type': OCI_MANIFEST, ...headers },
  });
  // The server may close before all is sent.
  sent.on('error', () => {});
  return sent;
}

/** Sends until there is an answer, or `most` bytes are gone. */
async function pump(sent: ClientRequest, most: number): Promise<{ status: number | undefined; bytes: number }> {
  const chunk = Buffer.alloc(2 ** 16, ' ');
  const over = new AbortController();
  const found = { status: undefined as number | undefined, bytes: 0 };
  sent.once('close', () => over.abort());
  sent.once('response', (response: IncomingMessage) => {
    found.status = response.statusCode;
    response.resume();
    over.abort();
  });
  while (!over.signal.aborted && found.bytes < most) {
    found.bytes += chunk.length;
    if (!sent.write(chunk)) await once(sent, 'drain', { signal: over.signal }).catch(() => {});
  }
  sent.destroy();
  return found;
}

test('no more than the limit of a body is read', async (t) => {
  const registry = await served(t, { manifestLimit: LARGE });
  const before = process.memoryUsage().arrayBuffers;
  const announced = await pump(begin(registry, { 'content-length': 300 * LARGE }), 300 * LARGE);
  assert.equal(announced.status, 413);
  const endless = await pump(begin(registry, { 'transfer-encoding': 'chunked' }), 300 * LARGE);
  assert.equal(endless.status, 413);
  assert.ok(endless.bytes < 100 * LARGE, `${endless.bytes} bytes were taken`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 64 * LARGE);
  const exact = JSON.stringify({ mediaType: 'application/vnd.x+json', text: '' });
  const body = exact.replace('""', `"${'x'.repeat(LARGE - exact.length)}"`);
  for (const [text, status] of [
    [body, 201],
    [`${body} `, 413],
  ] as const) {
    assert.equal((await registry.ask('PUT', '/v2/app/manifests/x', { body: text })).status, status);
  }
});

test('a client that waits for a word hears that it is too much', async (t) => {
  const registry = await served(t);
  const sent = begin(registry, { 'content-length': 300 * LARGE, expect: '100-continue' });
  sent.flushHeaders();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  sent.destroy();
  assert.equal(response.statusCode, 413);
});

test('a body that stands still is given up', async (t) => {
  const registry = await served(t, { stallTimeout: 50 });
  const lengths: readonly Record<string, string | number>[] = [
    { 'content-length': 1000 },
    { 'transfer-encoding': 'chunked' },
  ];
  for (const headers of lengths) {
    const sent = begin(registry, headers);
    sent.write('{');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    assert.deepEqual([response.statusCode, response.headers.connection], [408, 'close']);
    response.resume();
    await once(response, 'end');
  }
});

test('a client that goes away in the middle leaves nothing', async (t) => {
  const failures: unknown[] = [];
  const arrival = new EventEmitter();
  const registry = await served(t, {
    onFailure: (error) => failures.push(error),
    policies: [{ allowWrite: () => void arrival.emit('here') }],
  });
  const sent = begin(registry, { 'content-length': 1000 });
  const here = once(arrival, 'here');
  sent.write('{');
  await here;
  sent.destroy();
  assert.equal((await registry.ask('GET', '/v2/app/manifests/x')).status, 404);
  assert.deepEqual(failures, []);
});
