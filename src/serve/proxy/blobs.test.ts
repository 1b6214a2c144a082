import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cutAfter, digestOf, flipByte, noHead, status, takeOver, truncate } from '#testing';
import { blobsOnly, type Cache, imageOf, receive, startCache, until } from './cache.test.fixture.ts';

const SIZE = 600_000;
const { graph, blobs } = blobsOnly(SIZE);
const blob = Buffer.from(blobs[0] ?? []);
const digest = digestOf(blob);
const path = `/v2/app/blobs/${digest}`;

/** An upstream that gives the first bytes of the blob, and the rest when `go` is called. */
function halting(first: number): { readonly fault: ReturnType<typeof takeOver>; go(): void; cut(): void } {
  const waiting: Socket[] = [];
  let isOpen = false;
  const rest = (socket: Socket): void => {
    socket.end(blob.subarray(first));
  };
  const fault = takeOver(
    (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\nConnection: close\r\n\r\n`);
      socket.write(blob.subarray(0, first));
      if (isOpen) rest(socket);
      else waiting.push(socket);
    },
    { kind: 'blob', method: 'GET', times: 1 },
  );
  return {
    fault,
    go() {
      isOpen = true;
      waiting.forEach(rest);
    },
    cut() {
      for (const socket of waiting) socket.destroy();
    },
  };
}

async function isKept({ storage }: Cache): Promise<boolean> {
  return (await storage.blob('app', digest)) !== undefined;
}

describe('a blob of an upstream', () => {
  it('comes once for twenty clients, and then from the cache', async (t) => {
    const cache = await startCache(t, { registry: { images: { app: graph } } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => receive(cache.port, path)));
    for (const answer of answers) assert.ok(answer.isWhole && answer.body.equals(blob));
    await until(() => isKept(cache));
    assert.ok((await receive(cache.port, path)).body.equals(blob));
    assert.equal(cache.asked('GET', 'blob'), 1);
    assert.equal(cache.registry.served.of(digest), SIZE);
    const fetched = cache.events.flatMap((event) => (event.kind === 'fetched' ? [event.bytes] : []));
    assert.deepEqual(fetched, [SIZE]);
  });

  it('is given while it comes, also to those who come later and to a range of it', async (t) => {
    const upstream = halting(400_000);
    const cache = await startCache(t, { registry: { images: { app: graph }, faults: [upstream.fault] } });
    let came = 0;
    const first = receive(cache.port, path, {
      onBytes: (bytes) => {
        came = bytes;
        return undefined;
      },
    });
    await until(() => came > 300_000);
    const range = await receive(cache.port, path, { headers: { range: 'bytes=1000-1999' } });
    assert.equal(range.status, 206);
    assert.ok(range.body.equals(blob.subarray(1000, 2000)));
    const later = receive(cache.port, path);
    const end = receive(cache.port, path, { headers: { range: 'bytes=-10' } });
    upstream.go();
    for (const answer of [await first, await later]) assert.ok(answer.isWhole && answer.body.equals(blob));
    assert.ok((await end).body.equals(blob.subarray(-10)));
    assert.equal(cache.asked('GET', 'blob'), 1);
  });

  it('does not wait for a client that takes nothing', async (t) => {
    const large = blobsOnly(24_000_000);
    const bytes = Buffer.from(large.blobs[0] ?? []);
    const name = digestOf(bytes);
    const cache = await startCache(t, { registry: { images: { app: large.graph } } });
    const slow = connect(cache.port, '127.0.0.1');
    t.after(() => slow.destroy());
    slow.pause().write(`GET /v2/app/blobs/${name} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => cache.asked('GET', 'blob') === 1);
    assert.ok((await receive(cache.port, `/v2/app/blobs/${name}`)).body.equals(bytes));
    await until(async () => (await cache.storage.blob('app', name)) !== undefined);
    assert.equal(cache.asked('GET', 'blob'), 1);
  });

  it('is kept although every client has left', async (t) => {
    const upstream = halting(400_000);
    const cache = await startCache(t, { registry: { images: { app: graph }, faults: [upstream.fault] } });
    const left = await receive(cache.port, path, { onBytes: () => 'leave' });
    assert.equal(left.isWhole, false);
    upstream.go();
    await until(() => isKept(cache));
    assert.equal(cache.asked('GET', 'blob'), 1);
  });

  it('goes on where the connection to the upstream broke', async (t) => {
    const cache = await startCache(t, {
      registry: { images: { app: graph }, faults: [cutAfter(250_000, { kind: 'blob', method: 'GET', times: 1 })] },
    });
    const answer = await receive(cache.port, path);
    assert.ok(answer.isWhole && answer.body.equals(blob));
    await until(() => isKept(cache));
    const ranges = cache.registry.requests.map(({ headers }) => headers.range).filter((range) => range !== undefined);
    assert.deepEqual(ranges, ['bytes=250000-']);
  });

  it('never ends well when it is wrong, and is not kept', async (t) => {
    const cache = await startCache(t, {
      registry: {
        images: { app: graph },
        faults: [flipByte(SIZE - 70_000, { kind: 'blob', method: 'GET', times: 1 })],
      },
    });
    const answers = await Promise.all([receive(cache.port, path), receive(cache.port, path)]);
    for (const answer of answers) {
      assert.equal(answer.isWhole, false);
      assert.ok(answer.body.length < SIZE);
    }
    assert.equal(await isKept(cache), false);
    assert.deepEqual(readdirSync(join(cache.folder, 'incoming')), []);
    assert.ok(cache.events.some((event) => event.kind === 'failed' && event.code === 'DIGEST_MISMATCH'));
    assert.ok((await receive(cache.port, path)).body.equals(blob), 'the next one gets it');
  });

  it('of few bytes is held back until it is known to be right', async (t) => {
    const small = blobsOnly(10);
    const wrong = digestOf(small.blobs[0] ?? new Uint8Array());
    const cache = await startCache(t, {
      registry: { images: { app: small.graph }, faults: [flipByte(3, { kind: 'blob' })] },
    });
    const answer = await receive(cache.port, `/v2/app/blobs/${wrong}`).catch(() => undefined);
    assert.ok(answer === undefined || (!answer.isWhole && answer.body.length === 0));
  });

  it('without bytes is there', async (t) => {
    const none = blobsOnly(0);
    const empty = digestOf(new Uint8Array());
    const cache = await startCache(t, { registry: { images: { app: none.graph } } });
    const answer = await receive(cache.port, `/v2/app/blobs/${empty}`);
    assert.deepEqual([answer.status, answer.isWhole, answer.body.length], [200, true, 0]);
  });

  it('that another repository has already is not fetched again, if its own upstream has it', async (t) => {
    const cache = await startCache(t, { registry: { images: { app: graph, other: graph } } });
    await receive(cache.port, path);
    await until(() => isKept(cache));
    assert.equal((await receive(cache.port, `/v2/none/blobs/${digest}`)).status, 404);
    const others = Array.from({ length: 5 }, () => receive(cache.port, `/v2/other/blobs/${digest}`));
    for (const answer of await Promise.all(others)) assert.ok(answer.body.equals(blob));
    const got = cache.registry.requests.filter(({ method, kind }) => method === 'GET' && kind === 'blob');
    assert.deepEqual(
      got.map(({ repository }) => repository),
      ['app', 'none'],
    );
    assert.ok(await cache.storage.blob('other', digest));
    assert.equal(await cache.storage.blob('none', digest), undefined);
  });

  it('is known to HEAD without being fetched', async (t) => {
    const cache = await startCache(t, { registry: { images: { app: graph } } });
    const { status: code, headers } = await cache.ask('HEAD', path);
    assert.deepEqual([code, headers['content-length']], [200, String(SIZE)]);
    assert.equal(cache.asked('GET', 'blob'), 0);
    assert.equal((await cache.ask('HEAD', `/v2/app/blobs/${digestOf(Buffer.from('no'))}`)).status, 404);
  });

  it('needs no question for its size where a manifest has said it', async (t) => {
    const { image, layer } = imageOf(5000);
    const cache = await startCache(t, { registry: { images: { 'app:1': image } } });
    await cache.ask('GET', '/v2/app/manifests/1');
    const answer = await receive(cache.port, `/v2/app/blobs/${layer.digest}`);
    assert.ok(answer.body.equals(layer.bytes));
    assert.equal(cache.asked('HEAD', 'blob'), 0);
  });

  it('comes although a manifest lies about its size', async (t) => {
    const { image, layer } = imageOf(5000);
    const cache = await startCache(t, { registry: { images: { 'app:1': image } } });
    const found = await cache.cache.tagged('app', '1');
    assert.ok(found);
    const text = Buffer.from(found.bytes).toString();
    const lie = Buffer.from(text.replace(`"size":${layer.bytes.length}`, '"size":77'));
    assert.notEqual(lie.toString(), text);
    const digestOfLie = digestOf(lie);
    await cache.storage.putManifest('app', { ...found, digest: digestOfLie, bytes: lie }, []);
    await cache.cache.manifest('app', digestOfLie);
    const answer = await receive(cache.port, `/v2/app/blobs/${layer.digest}`);
    assert.ok(answer.body.equals(layer.bytes));
  });

  it('that is not there is asked for once in a while', async (t) => {
    const cache = await startCache(t, { registry: { images: { app: graph } } });
    const missing = `/v2/app/blobs/${digestOf(Buffer.from('no'))}`;
    for (let times = 0; times < 3; times += 1) {
      const answer = await cache.ask('GET', missing);
      assert.deepEqual([answer.status, answer.codes], [404, ['BLOB_UNKNOWN']]);
    }
    const before = cache.registry.requests.length;
    cache.clock.advance(60_000);
    await cache.ask('GET', missing);
    assert.ok(before <= 2 && cache.registry.requests.length > before);
  });

  const refusals = [
    { name: 'is down', fault: status(503, { kind: 'blob' }), answer: [502, 'UNAVAILABLE'] },
    { name: 'limits requests', fault: status(429, { kind: 'blob' }), answer: [429, 'TOOMANYREQUESTS'] },
    { name: 'does not allow it', fault: status(403, { kind: 'blob' }), answer: [403, 'DENIED'] },
    { name: 'wants to know who asks', fault: status(401, { kind: 'blob' }), answer: [404, 'NAME_UNKNOWN'] },
  ] as const;
  for (const { name, fault, answer } of refusals) {
    it(`is answered with ${answer[0]} where the upstream ${name}`, async (t) => {
      const cache = await startCache(t, { registry: { images: { app: graph }, faults: [fault] } });
      for (const method of ['GET', 'HEAD']) assert.equal((await cache.ask(method, path)).status, answer[0], method);
      assert.deepEqual((await cache.ask('GET', path)).codes, [answer[1]]);
    });
  }

  it('comes from upstreams without HEAD, and not from those that have less than they say', async (t) => {
    const plain = await startCache(t, { registry: { images: { app: graph }, faults: [noHead({ kind: 'blob' })] } });
    assert.ok((await receive(plain.port, path)).body.equals(blob));
    const short = await startCache(t, {
      registry: { images: { app: graph }, faults: [truncate(1000, { kind: 'blob' })] },
    });
    const answer = await receive(short.port, path).catch(() => undefined);
    assert.ok(answer === undefined || !answer.isWhole || answer.status !== 200);
    assert.equal(await isKept(short), false);
    const nothing = takeOver(
      (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
      {
        kind: 'blob',
      },
    );
    const hollow = await startCache(t, { registry: { images: { app: graph }, faults: [nothing] } });
    assert.equal((await receive(hollow.port, path)).status, 502);
    assert.equal(await isKept(hollow), false);
  });

  it('is continued by the next run when the process ends in the middle', async (t) => {
    const upstream = halting(400_000);
    const one = await startCache(t, { registry: { images: { app: graph }, faults: [upstream.fault] } });
    let came = 0;
    const cut = receive(one.port, path, {
      onBytes: (bytes) => {
        came = bytes;
        return undefined;
      },
    });
    await until(() => came === 400_000);
    await one.cache.close();
    assert.equal((await cut).isWhole, false);
    const two = await startCache(t, { registry: { images: { app: graph } }, folder: one.folder });
    assert.ok((await receive(two.port, path)).body.equals(blob));
    assert.equal(two.registry.served.of(digest), SIZE - 400_000);
  });
});
