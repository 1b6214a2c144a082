import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAll } from '#bytes';
import { hasCode } from '#errors';
import { closed, ok } from './fixtures/raw-server.test.fixture.ts';
import { failsWith, scene } from './fixtures/scene.test.fixture.ts';

const numbered = (length: number): Buffer =>
  Buffer.from(Uint32Array.from({ length: length / 4 }, (_, at) => at).buffer);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('pouring gives every byte once, in order, from one reused buffer', async (t) => {
  const body = numbered(3_000_000);
  const { get } = await scene(t, ok(body));
  const buffers = new Set<ArrayBufferLike>();
  const chunks: Uint8Array[] = [];
  await (await get()).body.pour((chunk) => {
    assert.equal(chunk.constructor, Uint8Array, 'slice() of anything else may not copy');
    buffers.add(chunk.buffer);
    chunks.push(chunk.slice());
  });
  assert.ok(Buffer.concat(chunks).equals(body));
  assert.equal(buffers.size, 1);
});

test('iterating gives every byte, each chunk whole until the next is asked for', async (t) => {
  const body = numbered(1_000_000);
  const chunked = Buffer.concat([
    Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
    ...[0, 1, 2, 3].flatMap((at) => [
      Buffer.from('3d090\r\n'),
      body.subarray(at * 250_000, (at + 1) * 250_000),
      Buffer.from('\r\n'),
    ]),
    Buffer.from('0\r\n\r\n'),
  ]);
  const { get } = await scene(t, (socket, { at }) => socket.write(at === 0 ? ok(body) : chunked));
  for (const framing of ['length', 'chunked']) {
    const kept: Buffer[] = [];
    for await (const chunk of (await get()).body) {
      const before = Buffer.from(chunk);
      await pause(1);
      assert.ok(before.equals(chunk), framing);
      kept.push(before);
    }
    assert.ok(Buffer.concat(kept).equals(body), framing);
  }
});

test('a reader that does not ask holds the server back', async (t) => {
  let sent = 0;
  const total = 64 * 1024 * 1024;
  const { get } = await scene(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
    const block = Buffer.alloc(1 << 20);
    const go = (): void => {
      while (sent < total) {
        sent += block.length;
        if (!socket.write(block)) return void socket.once('drain', go);
      }
    };
    go();
  });
  const { body } = await get();
  const reader = body[Symbol.asyncIterator]();
  await reader.next();
  // Until the buffers in between are full.
  for (let still = 0, held = sent; still < 20; held = sent) {
    await pause(5);
    still = sent === held ? still + 1 : 0;
  }
  assert.ok(sent < total / 2, `${sent} bytes left the server`);
  await reader.return?.();
});

test('a sink that says false, or throws, ends the pouring', async (t) => {
  const { get, text, server } = await scene(t, (socket, { head }) =>
    socket.write(head.startsWith('GET /small') ? ok('small') : ok(Buffer.alloc(5_000_000))),
  );
  let calls = 0;
  await (await get()).body.pour(() => ++calls < 2);
  assert.equal(calls, 2);
  const broken = new Error('disk full');
  await assert.rejects(
    (await get()).body.pour(() => {
      throw broken;
    }),
    (error) => error === broken,
  );
  assert.equal(await text('/small'), 'small');
  assert.equal(server.connections.length, 3, 'what was given up was not kept');
});

test('a loop that breaks gives the rest up', async (t) => {
  const { get, server } = await scene(t, ok(Buffer.alloc(5_000_000)));
  for await (const chunk of (await get()).body) {
    assert.ok(chunk.length > 0);
    break;
  }
  await assert.doesNotReject(get());
  assert.equal(server.connections.length, 2);
  await closed(server.connections[0]);
});

test('a short rest is read away so that the connection can be used again; a long one closes it', async (t) => {
  const { get, server } = await scene(t, (socket, { head }) => {
    const length = Number(/^GET \/(\d+)/.exec(head)?.[1]);
    socket.write(`HTTP/1.1 500 X\r\nContent-Length: ${length}\r\n\r\n`);
    // Later than the head, so that it does not come along with it.
    setTimeout(() => socket.write(Buffer.alloc(length)), 10);
  });
  await (await get('/60000')).body.discard();
  await (await get('/1000')).body.discard();
  assert.equal(server.connections.length, 1);
  await (await get('/70000')).body.discard();
  await (await get('/1')).body.discard();
  assert.equal(server.connections.length, 2);
});

test('discarding never rejects and never takes long', async (t) => {
  const { get, server } = await scene(t, (socket, { at }) => {
    if (at === 0) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx');
    else if (at === 1) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx');
    else if (at === 2) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
    else if (at === 3) socket.write('HTTP/1.1 200 OK\r\n\r\nuntil the end that never comes');
    else {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const timer = setInterval(() => socket.write(`2000\r\n${'x'.repeat(8192)}\r\n`), 1);
      socket.on('close', () => clearInterval(timer));
    }
  });
  const began = performance.now();
  for (let at = 0; at < 5; at++) {
    const { body } = await get();
    await Promise.all([body.discard(), body.discard()]);
    await body.discard();
  }
  assert.ok(performance.now() - began < 5000);
  assert.equal(server.connections.length, 5);
});

test('a body can be discarded while it is poured or iterated', async (t) => {
  const { get } = await scene(t, 'HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\nxxx');
  const poured = await get();
  const pouring = poured.body.pour(() => undefined);
  await poured.body.discard();
  await pouring;
  const iterated = await get();
  const reader = iterated.body[Symbol.asyncIterator]();
  assert.equal((await reader.next()).done, false);
  const next = reader.next();
  await iterated.body.discard();
  assert.equal((await next).done, true);
});

test('a body is read once', async (t) => {
  const { get } = await scene(t, ok('hello'));
  const { body } = await get();
  await body.pour(() => undefined);
  await assert.rejects(
    body.pour(() => undefined),
    failsWith('BUG', /read twice/),
  );
  assert.throws(() => body[Symbol.asyncIterator](), failsWith('BUG', /read twice/));
});

test('a body that came whole with its head is there even when the server is gone', async (t) => {
  const { get, server, client } = await scene(t, ok('hello'));
  const { body } = await get();
  client.close();
  await server.close();
  assert.equal(Buffer.from(await readAll(body, 10, 'b')).toString(), 'hello');
});

test('a failure stays with a body that nobody was reading', async (t) => {
  const { get } = await scene(t, 'HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\nxxx');
  const controller = new AbortController();
  const { body } = await get('/', { signal: controller.signal });
  controller.abort();
  for (let at = 0; at < 2; at++) {
    await assert.rejects(
      body.pour(() => undefined),
      (error) => hasCode(error, 'CANCELLED'),
    );
    await assert.rejects(readAll(body, 10, 'b'), (error) => hasCode(error, 'CANCELLED'));
  }
  await body.discard();
});

test('200 MB poured hold no memory', async (t) => {
  const block = Buffer.alloc(1 << 20);
  const { get } = await scene(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n');
    let left = 200;
    const go = (): void => {
      while (left-- > 0) if (!socket.write(block)) return void socket.once('drain', go);
    };
    go();
  });
  const { body } = await get();
  let received = 0;
  let highest = 0;
  const before = process.memoryUsage.rss();
  await body.pour((chunk) => {
    received += chunk.length;
    highest = Math.max(highest, process.memoryUsage.rss());
  });
  assert.equal(received, 209_715_200);
  assert.ok(highest - before < 20e6, `${(highest - before) / 1e6} MB more`);
});
