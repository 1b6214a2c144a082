import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { encodeRegistryAuth } from '#engine';
import { basicAuth, buildImage, type Fault, startRegistry, takeOver } from '#testing';
import { startTestEngine } from '../engine.test.fixture.ts';
import { openStream } from './open-stream.test.fixture.ts';
import { ABOVE, BELOW, pathOf, printed, twoLayers, world } from './pull.test.fixture.ts';

describe('credentials of clients', () => {
  test('are shown to the registry of the image, for that pull alone', async (t) => {
    const { pull } = await world(t, { images: { 'app:1': twoLayers }, auth: basicAuth({ user: 'pw' }) });
    const answer = await pull('app', '1', {}, { username: 'user', password: 'pw' });
    assert.match(printed(answer).at(-1) ?? '', /Downloaded newer image/);
    assert.equal((await pull('app', '1')).status, 500);
  });

  test('are all that is shown: what the engine’s own user has for a mirror stays where it is', async (t) => {
    const images = { 'app:1': twoLayers };
    const [origin, mirror] = [
      await startRegistry({ images, auth: basicAuth({ user: 'pw' }) }),
      await startRegistry({ images, auth: basicAuth({ me: 'secret' }) }),
    ];
    t.after(() => Promise.all([origin.close(), mirror.close()]));
    const configDir = await mkdtemp(join(tmpdir(), 'dray-config-'));
    t.after(() => rm(configDir, { recursive: true }));
    const auth = Buffer.from('me:secret').toString('base64');
    await writeFile(join(configDir, 'config.json'), JSON.stringify({ auths: { [mirror.host]: { auth } } }));
    const engine = await startTestEngine(t, { mirrors: [mirror.url], configDir, retries: 0 });
    const headers = { 'X-Registry-Auth': encodeRegistryAuth({ username: 'user', password: 'pw' }) };
    const answer = await engine.ask('POST', pathOf(origin.reference('app'), '1'), { headers });
    assert.match(printed(answer).at(-1) ?? '', /^Status: Downloaded/);
    assert.ok(mirror.requests.length > 0);
    for (const request of mirror.requests) assert.equal(request.headers['authorization'], undefined);
  });

  test('that cannot be read are none', async (t) => {
    const { engine, registry } = await world(t, { images: { 'app:1': twoLayers } });
    for (const header of ['!!!', 'bm9qc29u', 'WzFd', '%00', 'x'.repeat(8000)]) {
      const path = pathOf(registry.reference('app'), '1');
      const answer = await engine.ask('POST', path, { headers: { 'X-Registry-Auth': header } });
      assert.equal(answer.status, 200, header.slice(0, 20));
    }
  });
});

/** Lets no blob out before `open`. */
function gate(): { readonly fault: Fault; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const fault: Fault = async (request, next) => {
    if (request.kind === 'blob' && request.reference !== twoLayers.config.digest) await opened;
    return next(request);
  };
  return { fault, open: () => open() };
}

describe('the same pull for several clients', () => {
  test('is made once, and told to each from its beginning', async (t) => {
    const { fault, open } = gate();
    const { engine, registry } = await world(t, { images: { 'app:1': twoLayers }, faults: [fault] });
    const path = pathOf(registry.reference('app'), '1');
    const streams = [await openStream(engine.socket, path)];
    await streams[0]?.until(`Pulling fs layer","progressDetail":{},"id":"${ABOVE}"`);
    for (let more = 0; more < 3; more += 1) streams.push(await openStream(engine.socket, path));
    await Promise.all(streams.map((stream) => stream.until('Pulling from')));
    open();
    await Promise.all(streams.map(({ end }) => end));
    for (const { messages } of streams) {
      assert.deepEqual(messages[0], { status: 'Pulling from app', id: '1' });
      const of = new Map(messages.map(({ id, status: text }) => [id, text]));
      assert.deepEqual([of.get(BELOW), of.get(ABOVE)], ['Pull complete', 'Pull complete']);
      assert.match(String(messages.at(-1)?.['status']), /^Status: Downloaded/);
    }
    const asked = registry.requests
      .filter(({ method }) => method === 'GET')
      .map(({ kind, reference }) => `${kind} ${reference}`);
    const blobs = asked.filter((request) => request.startsWith('blob'));
    assert.deepEqual(blobs.toSorted(), [...new Set(blobs)].toSorted(), asked.join('\n'));
    assert.equal(asked.filter((request) => request.startsWith('manifest')).length, 1, asked.join('\n'));
  });

  test('another credential makes another pull', async (t) => {
    const { fault, open } = gate();
    const { engine, registry } = await world(t, { images: { 'app:1': twoLayers }, faults: [fault] });
    const path = pathOf(registry.reference('app'), '1');
    const own = { 'X-Registry-Auth': encodeRegistryAuth({ username: 'user', password: 'pw' }) };
    const streams = [await openStream(engine.socket, path), await openStream(engine.socket, path, own)];
    open();
    await Promise.all(streams.map(({ end }) => end));
    assert.equal(registry.requests.filter(({ kind, method }) => kind === 'manifest' && method === 'GET').length, 2);
    for (const { messages } of streams) assert.match(String(messages.at(-1)?.['status']), /^Status: /);
  });

  test('ends when all have left, and is continued by the next', async (t) => {
    const big = buildImage({ layers: [{ fill: 2_000_000 }] });
    const { digest, bytes } = big.layers[0] ?? assert.fail();
    let cancelled = (): void => undefined;
    const cancellation = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const half = takeOver(
      (socket) => {
        socket.once('close', cancelled);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\nAccept-Ranges: bytes\r\n\r\n`);
        socket.write(bytes.subarray(0, 1_000_000));
      },
      { kind: 'blob', reference: digest, times: 1 },
    );
    const { engine, registry } = await world(t, { images: { 'app:1': big }, faults: [half] });
    const path = pathOf(registry.reference('app'), '1');
    const streams = [await openStream(engine.socket, path), await openStream(engine.socket, path)];
    await Promise.all(streams.map((stream) => stream.until('"status":"Downloading"')));
    for (const stream of streams) stream.leave();
    await cancellation;
    const lines = printed(await engine.ask('POST', path));
    assert.match(lines.at(-1) ?? '', /^Status: Downloaded/);
    const sent = registry.served.of(digest);
    assert.ok(
      sent >= bytes.length - 1_000_000 && sent < bytes.length,
      `${sent} of ${bytes.length} bytes were sent then`,
    );
  });
});

test('a client that does not read is not waited for', async (t) => {
  const { engine, registry } = await world(t, { images: { 'app:1': twoLayers } });
  const path = pathOf(registry.reference('app'), '1');
  const stream = await openStream(engine.socket, path);
  stream.pause();
  const lines = printed(await engine.ask('POST', path));
  assert.match(lines.at(-1) ?? '', /^Status: /);
  stream.leave();
  await stream.end;
});
