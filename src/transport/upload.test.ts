import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Bytes } from '#bytes';
import { closed, ok, rawServer } from './fixtures/raw-server.test.fixture.ts';
import { failsWith } from './fixtures/scene.test.fixture.ts';
import { steadyClock } from './fixtures/steady-clock.test.fixture.ts';
import { createTransport } from './transport.ts';
import type { HttpClient, HttpRequest, TransportOptions } from './types.ts';

/** A server that collects all that comes in and answers as soon as `until` is in it. */
async function collector(
  t: TestContext,
  until: (text: string) => boolean,
  options: TransportOptions = {},
): Promise<{ client: HttpClient; request: HttpRequest; text: () => string; connections: readonly Socket[] }> {
  let text = '';
  const server = await rawServer('', {
    onConnection: (socket) => {
      connections.push(socket);
      socket.on('data', (data: Buffer) => {
        text += data.toString('latin1');
        if (until(text)) socket.write(ok('thanks'));
      });
    },
  });
  const connections: Socket[] = [];
  const client = createTransport({ ...options, clock: steadyClock() });
  t.after(async () => {
    client.close();
    await server.close();
  });
  return { client, request: { method: 'PUT', url: server.url('/up') }, text: () => text, connections };
}

/** The head, and a body of `size` bytes. */
const bodyOf =
  (size: number) =>
  (text: string): boolean =>
    text.length === text.indexOf('\r\n\r\n') + 4 + size;

async function* reusing(count: number, size: number): Bytes extends AsyncIterable<infer T> ? AsyncGenerator<T> : never {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < count; at++) {
    buffer.fill(65 + (at % 26));
    yield buffer;
    buffer.fill(0);
  }
}

test('bytes at hand are sent with their length, on a connection that is used again', async (t) => {
  const { client, request, text, connections } = await collector(t, (all) => all.endsWith('hello'));
  for (let at = 0; at < 2; at++) {
    const { status, body } = await client.send({ ...request, body: () => Buffer.from('hello') });
    await body.discard();
    assert.equal(status, 200);
  }
  assert.match(text(), /^PUT \/up HTTP\/1\.1\r\n.*\r\nContent-Length: 5\r\n\r\nhelloPUT .*hello$/s);
  assert.equal(connections.length, 1);
});

test('a method that takes a body says so when it has none', async (t) => {
  const { client, request, text } = await collector(t, (all) => all.endsWith('\r\n\r\n'));
  await (await client.send({ ...request, method: 'POST' })).body.discard();
  assert.match(text(), /\r\nContent-Length: 0\r\n\r\n$/);
});

test('a stream of known length is sent as it comes, though its producer reuses the buffer', async (t) => {
  const { client, request, text } = await collector(t, bodyOf(3_000_000));
  await (await client.send({ ...request, body: () => reusing(30, 100_000), bodyLength: 3_000_000 })).body.discard();
  const [head = '', sent = ''] = text().split('\r\n\r\n');
  assert.match(head, /\r\nContent-Length: 3000000/);
  assert.equal(sent.length, 3_000_000);
  assert.equal(
    sent,
    Array.from({ length: 30 }, (_, at) => String.fromCharCode(65 + (at % 26)).repeat(100_000)).join(''),
  );
});

test('large pieces are sent whole, in larger slices from one to the next', async (t) => {
  const { client, request, text } = await collector(t, bodyOf(6_000_000));
  await (await client.send({ ...request, body: () => reusing(3, 2_000_000), bodyLength: 6_000_000 })).body.discard();
  const [, sent = ''] = text().split('\r\n\r\n');
  assert.ok(sent === ['A', 'B', 'C'].map((letter) => letter.repeat(2_000_000)).join(''));
});

test('what is sent keeps to the limit, and being held back is no stall', async (t) => {
  const sent = await collector(t, (all) => all.endsWith('.'), { limitRate: 200_000, stallTimeout: 100 });
  const began = performance.now();
  const body = Buffer.alloc(60_000, '-').fill('.', 59_999);
  const response = await sent.client.send({ ...sent.request, body: () => body });
  await response.body.discard();
  const took = performance.now() - began;
  assert.equal(response.early, undefined);
  // 60 kB at 200 kB/s are 300 ms; the last slice is not waited for.
  assert.ok(took > 150, `${took} ms`);
});

test('what is held back is given up at once', async (t) => {
  const { client, request } = await collector(t, () => false, { limitRate: 100 });
  const stop = new AbortController();
  const sending = client.send({ ...request, body: () => Buffer.alloc(60_000), signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  await assert.rejects(sending, failsWith('CANCELLED', /./));
});

test('an answer that comes before the body was sent says so', async (t) => {
  const { client, request } = await collector(t, (all) => all.length > 100_000, { limitRate: 1_000_000 });
  const response = await client.send({ ...request, body: () => Buffer.alloc(10_000_000) });
  await response.body.discard();
  assert.equal(response.early, true);
});

test('a stream of unknown length is sent in chunks', async (t) => {
  const { client, request, text } = await collector(t, (all) => all.endsWith('0\r\n\r\n'));
  await (await client.send({ ...request, body: () => reusing(2, 70_000) })).body.discard();
  const [head = ''] = text().split('\r\n\r\n');
  assert.match(head, /\r\nTransfer-Encoding: chunked/);
  assert.doesNotMatch(head, /content-length/i);
  const chunks = text().slice(head.length + 4);
  const expected = [65_536, 4464, 65_536, 4464].map(
    (size, at) => `${size.toString(16)}\r\n${(at < 2 ? 'A' : 'B').repeat(size)}\r\n`,
  );
  assert.equal(chunks, `${expected.join('')}0\r\n\r\n`);
});

test('a stream that is not as long as it says is SIZE_MISMATCH and never looks complete', async (t) => {
  const { client, request, connections } = await collector(t, () => false);
  for (const bodyLength of [99, 101]) {
    await assert.rejects(
      client.send({ ...request, body: () => reusing(2, 50), bodyLength }),
      failsWith('SIZE_MISMATCH', /was to be \d+ bytes/),
    );
  }
  await Promise.all(connections.map(closed));
});

test('a source that fails ends the request with its own error', async (t) => {
  const { client, request } = await collector(t, () => false);
  const broken = new Error('read error');
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    throw broken;
  }
  await assert.rejects(client.send({ ...request, body: failing }), (error) => error === broken);
});

test('a body that cannot even be begun ends the request and its connection', async (t) => {
  const { client, request, connections } = await collector(t, () => false);
  const broken = new Error('no such file');
  const body = (): never => {
    throw broken;
  };
  await assert.rejects(client.send({ ...request, body }), (error) => error === broken);
  await Promise.all(connections.map(closed));
});

test('an answer before the end is handed out and the rest is not sent', async (t) => {
  const { client, request, connections } = await collector(t, (all) => all.length > 100_000);
  let asked = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield Buffer.alloc(50_000);
    }
  }
  const { status, body } = await client.send({ ...request, body: endless });
  assert.equal(status, 200);
  await body.discard();
  const then = asked;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.ok(asked <= then + 1);
  await Promise.all(connections.map(closed));
});

test('a server that does not take the body is STALLED; a source that is slow is not', async (t) => {
  const server = await rawServer('', { onConnection: (socket) => socket.pause() });
  const { client, request } = await collector(t, (all) => all.endsWith('0\r\n\r\n'), { stallTimeout: 150 });
  t.after(() => server.close());
  const big = (): Uint8Array => Buffer.alloc(50_000_000);
  await assert.rejects(
    client.send({ ...request, url: server.url('/'), body: big }),
    failsWith('STALLED', /took less than 1 KiB of the body within 0.15 s/, { phase: 'head' }),
  );
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a');
    await new Promise((resolve) => setTimeout(resolve, 500));
    yield Buffer.from('b');
  }
  const { status, body } = await client.send({ ...request, body: slow });
  await body.discard();
  assert.equal(status, 200);
});

test('cancelling an upload closes its socket', async (t) => {
  const server = await rawServer('', { onConnection: (socket) => socket.pause() });
  const { client, request } = await collector(t, () => false);
  t.after(() => server.close());
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(
    client.send({ ...request, url: server.url('/'), body: () => Buffer.alloc(50_000_000), signal: controller.signal }),
    failsWith('CANCELLED', /cancelled/),
  );
});
