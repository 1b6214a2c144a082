import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { buildImage } from '../images/image.ts';
import { type Asked, type AskOptions, ask } from '../registry/ask.ts';
import { bearerAuth } from '../registry/auth.ts';
import { startRegistry, type TestRegistry } from '../registry/start.ts';
import {
  contentDigest,
  contentLength,
  contentRange,
  header,
  ignoreRange,
  noContentLength,
  noHead,
  redirect,
  redirectLoop,
  redirectTo,
  status,
} from './answers.ts';
import { endless, extraBytes, flipByte, replaceBody, truncate } from './bodies.ts';
import { cutAfter, delay, hangUp, neverAnswer, rawAnswer, slow, stallAfter, takeOver } from './connection.ts';
import type { Fault } from './fault.ts';

const image = buildImage({ layers: [{ fill: 200_000 }], flavour: 'docker' });
const [layer] = image.layers;
assert.ok(layer !== undefined);
const bytes = Buffer.from(layer.bytes);
const size = bytes.length;
const blobPath = `/v2/app/blobs/${layer.digest}`;
const running: TestRegistry[] = [];
after(() => Promise.all(running.map((registry) => registry.close())));

async function start(...faults: readonly Fault[]): Promise<TestRegistry> {
  const registry = await startRegistry({ images: { 'app:1': image }, faults });
  running.push(registry);
  return registry;
}

/** The blob from a registry with these faults, and the registry's own record of it. */
async function blobWith(fault: Fault, options: AskOptions = {}): Promise<Asked & { readonly sent: number }> {
  const registry = await start(fault);
  const got = await ask(registry.url + blobPath, options);
  return { ...got, sent: registry.served.bytes };
}

test('cutAfter sends that many bytes and closes', async () => {
  const got = await blobWith(cutAfter(150_000));
  assert.deepEqual([got.status, got.end, got.sent], [200, 'lost', 150_000]);
  assert.deepEqual(got.body, bytes.subarray(0, 150_000));
  assert.equal(got.headers['content-length'], String(size));
});

test('cutAfter sends that many bytes of a chunked body, too', async () => {
  const registry = await start(cutAfter(100_000), noContentLength());
  const got = await ask(registry.url + blobPath);
  assert.deepEqual([got.end, got.body.length, registry.served.bytes], ['lost', 100_000, 100_000]);
});

test('cutAfter leaves shorter bodies alone, and can reset', async () => {
  assert.equal((await blobWith(cutAfter(size))).end, 'complete');
  assert.equal((await blobWith(cutAfter(1000, { reset: true }))).end, 'lost');
});

test('cutAfter(0) sends a head alone', async () => {
  const got = await blobWith(cutAfter(0));
  assert.deepEqual([got.status, got.end, got.body.length], [200, 'lost', 0]);
});

test('stallAfter keeps the connection open and silent', async () => {
  const got = await blobWith(stallAfter(70_000));
  assert.deepEqual([got.end, got.body.length], ['quiet', 70_000]);
});

test('neverAnswer and hangUp', async () => {
  await assert.rejects(blobWith(neverAnswer()), /quiet/);
  await assert.rejects(blobWith(hangUp()), { code: 'ECONNRESET' });
  await assert.rejects(blobWith(hangUp({ reset: true })), { code: 'ECONNRESET' });
});

test('rawAnswer need not be HTTP', async () => {
  await assert.rejects(blobWith(rawAnswer('hello?\r\n\r\n')), { code: 'HPE_INVALID_CONSTANT' });

  const half = await blobWith(rawAnswer('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'));
  assert.deepEqual([half.end, half.body.toString()], ['lost', 'abc']);
});

test('takeOver leaves the connection to a script', async () => {
  const got = await blobWith(
    takeOver((socket, { path }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc');
      setTimeout(() => socket.end(path.slice(0, 4)), 10);
    }),
  );
  assert.deepEqual([String(got.body), got.end, got.sent], ['abc/v2/', 'lost', 0]);
});

test('delay and slow take their time', async () => {
  const started = performance.now();
  await blobWith(delay(100));
  assert.ok(performance.now() - started >= 95);
  const got = await blobWith(slow(1_000_000), { patience: 2000 });
  assert.deepEqual([got.end, got.body.length], ['complete', size]);
  assert.ok(performance.now() - started >= 250, 'about 200 ms more');
});

test('status answers once, with Retry-After, and then is honest', async () => {
  const registry = await start(status(429, { times: 1, retryAfter: 1 }), status(503, { times: 2 }));
  const seen: (number | string | undefined)[][] = [];
  for (let round = 0; round < 4; round += 1) {
    const got = await ask(registry.url + blobPath);
    seen.push([got.status, got.headers['retry-after']]);
  }
  assert.deepEqual(seen, [
    [429, '1'],
    [503, undefined],
    [503, undefined],
    [200, undefined],
  ]);
});

test('a body of its own for an error', async () => {
  const got = await blobWith(status(500, { body: 'oh\u001b[31m', headers: { 'content-type': 'text/html' } }));
  assert.deepEqual([got.status, got.body.toString(), got.headers['content-type']], [500, 'oh\u001b[31m', 'text/html']);
});

test('flipByte changes one byte', async () => {
  const got = await blobWith(flipByte(1000));
  const wrong = [...got.body.keys()].filter((position) => got.body[position] !== bytes[position]);
  assert.deepEqual(wrong, [1000]);
});

test('extraBytes, announced or behind the end', async () => {
  const announced = await blobWith(extraBytes(10, { announced: true }));
  assert.deepEqual([announced.body.length, announced.headers['content-length']], [size + 10, String(size + 10)]);
  const hidden = await blobWith(extraBytes(10));
  assert.deepEqual(
    [hidden.body.length, hidden.headers['content-length'], hidden.sent],
    [size, String(size), size + 10],
  );
});

test('truncate announces only what it sends; replaceBody sends something else', async () => {
  const short = await blobWith(truncate(10));
  assert.deepEqual([short.end, short.headers['content-length']], ['complete', '10']);
  const other = await blobWith(replaceBody('{}'));
  assert.equal(other.body.toString(), '{}');
  const reversed = await blobWith(replaceBody((answer) => Buffer.from(answer.body).reverse()));
  assert.equal(reversed.body[0], bytes.at(-1));
});

test('endless never ends', async () => {
  const got = await blobWith(endless(), { most: 3 * size });
  assert.ok(got.body.length >= 3 * size);
});

test('contentLength promises more or less than there is', async () => {
  const more = await blobWith(contentLength((actual) => actual + 5));
  assert.deepEqual([more.end, more.body.length, more.headers['content-length']], ['lost', size, String(size + 5)]);
  const less = await blobWith(contentLength((actual) => actual - 5));
  assert.equal(less.body.length, size - 5);
  await assert.rejects(blobWith(contentLength(() => '-1')), { code: 'HPE_INVALID_CONTENT_LENGTH' });
});

test('noContentLength, chunked or until the connection closes', async () => {
  for (const framing of ['chunked', 'close'] as const) {
    const got = await blobWith(noContentLength({ framing }));
    assert.deepEqual([got.end, got.body.length, got.headers['content-length']], ['complete', size, undefined]);
    assert.equal(got.headers['transfer-encoding'], framing === 'chunked' ? 'chunked' : undefined);
  }
});

test('ignoreRange and contentRange', async () => {
  const range = { headers: { range: 'bytes=5-9' } };
  const whole = await blobWith(ignoreRange(), range);
  assert.deepEqual([whole.status, whole.body.length, whole.headers['accept-ranges']], [200, size, 'bytes']);
  const odd = await blobWith(contentRange('bytes potato'), range);
  assert.deepEqual([odd.status, odd.headers['content-range'], odd.body.length], [206, 'bytes potato', 5]);
});

test('header, contentDigest and noHead', async () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  assert.equal((await blobWith(contentDigest(digest))).headers['docker-content-digest'], digest);
  assert.equal((await blobWith(header('X-Odd', ['a', 'b']))).headers['x-odd'], 'a, b');
  assert.equal((await blobWith(noHead(), { method: 'HEAD' })).status, 405);
  assert.equal((await blobWith(noHead())).status, 200);
});

test('redirects: to a place, to another registry, to itself', async () => {
  const other = await start();
  const cases: readonly (readonly [Fault, string])[] = [
    [redirect('https://example.test/x'), 'https://example.test/x'],
    [redirect((request) => `${request.path}?signed=1`), `${blobPath}?signed=1`],
    [redirectTo(other.url), other.url + blobPath],
    [redirectLoop(), blobPath],
  ];
  for (const [fault, location] of cases) {
    const got = await blobWith(fault);
    assert.deepEqual([got.status, got.headers.location], [307, location]);
  }
});

test('matchers: kind, reference, after and times', async () => {
  const registry = await start(
    status(500, { kind: 'blob', after: 1, times: 1 }),
    status(502, { kind: ['manifest', 'tags'], reference: '1', method: 'GET' }),
    status(504, { path: /nowhere/ }),
    status(505, { when: (request) => request.headers['x-fail'] !== undefined }),
  );
  const codes: number[] = [];
  for (const path of [blobPath, blobPath, blobPath, '/v2/app/manifests/1', '/v2/', '/nowhere']) {
    codes.push((await ask(registry.url + path)).status);
  }
  assert.deepEqual(codes, [200, 500, 200, 502, 200, 504]);
  assert.equal((await ask(`${registry.url}/v2/`, { headers: { 'x-fail': '1' } })).status, 505);
});

test('faults compose: the first one has the last word', async () => {
  const registry = await start(cutAfter(100, { times: 1 }), flipByte(0), slow(10_000_000));
  const first = await ask(registry.url + blobPath);
  assert.deepEqual([first.end, first.body.length, first.body[0]], ['lost', 100, (bytes[0] ?? 0) ^ 0xff]);
  assert.equal((await ask(registry.url + blobPath)).end, 'complete');
  registry.inject(status(418));
  assert.equal((await ask(registry.url + blobPath)).status, 418);
});

test('a challenge is no hit for a fault of bodies', async () => {
  const registry = await startRegistry({
    images: { 'app:1': image },
    auth: bearerAuth(),
    faults: [cutAfter(10, { times: 1 })],
  });
  running.push(registry);
  assert.deepEqual((await ask(registry.url + blobPath)).end, 'complete');
});

test('a registry closes while answers hang', async () => {
  const registry = await startRegistry({
    images: { 'app:1': image },
    faults: [stallAfter(10, { times: 1 }), neverAnswer()],
  });
  const hanging = [
    ask(registry.url + blobPath, { patience: 10_000 }),
    ask(registry.url + blobPath, { patience: 10_000 }),
  ];
  while (registry.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await registry.close();
  const ends = await Promise.allSettled(hanging);
  assert.equal(ends.length, 2);
});
