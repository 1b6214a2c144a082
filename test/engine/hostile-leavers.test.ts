import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, it } from 'node:test';
import { ARCHIVE_SHAPES, buildImage, startRegistry, tarOf } from 'dray/testing';
import { openFiles } from '../process-status.ts';
import { besieged, until } from './besieged-engine.ts';

const engine = besieged();
/** Larger than all that pipes and sockets hold. */
const LARGE = 300 << 20;
/** What a stream may hold beside its work, in bytes: buffers, and what the collector has not taken yet. */
const SLACK = 150 << 20;

/** Streams a large layer into the engine, without holding it here. */
async function importLarge(name: string): Promise<void> {
  const socket = await engine.open();
  const head = tarOf([{ name: 'large', content: '' }]).subarray(0, 512);
  const size = Buffer.from(head);
  size.write(LARGE.toString(8).padStart(11, '0'), 124);
  size.fill(' ', 148, 156);
  const sum = size.reduce((total, byte) => total + byte, 0);
  size.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const length = 512 + LARGE + 1024;
  socket.write(
    `POST /images/create?fromSrc=-&repo=${name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`,
  );
  socket.write(size);
  const chunk = Buffer.alloc(1 << 20);
  for (let sent = 0; sent < LARGE; sent += chunk.length) {
    chunk.writeUInt32LE(sent >>> 0, 0);
    if (!socket.write(Buffer.from(chunk))) await new Promise((resolve) => void socket.once('drain', resolve));
  }
  socket.write(Buffer.alloc(1024));
  let text = '';
  socket.on('data', (data) => (text += String(data)));
  await new Promise((resolve) => void socket.once('close', resolve));
  assert.match(text, /"status":"sha256:[0-9a-f]{64}"/);
}

/** Asks, and leaves when `leave` says so of what has come. */
async function askAndLeave(head: string, leave: (text: string) => boolean): Promise<string> {
  const socket = await engine.open();
  socket.write(head);
  let text = '';
  await new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (leave(text)) resolve();
    });
  });
  socket.destroy();
  return text;
}

it('a client that stops reading in the middle of a large save costs no memory, and others are served', async () => {
  await importLarge('large:1');
  const before = engine.memory();
  const files = openFiles(engine.engine.pid);
  const sockets = await Promise.all(Array.from({ length: 4 }, () => engine.open()));
  for (const socket of sockets) {
    socket.once('data', () => socket.pause());
    socket.write('GET /images/get?names=large:1 HTTP/1.1\r\nHost: x\r\n\r\n');
  }
  await Promise.all(
    sockets.map((socket) =>
      until(
        () => socket.isPaused(),
        () => 'nothing came',
      ),
    ),
  );
  for (let round = 0; round < 100; round += 1) {
    assert.equal((await engine.ask('GET', '/images/canary:1/json')).status, 200);
    assert.ok(engine.memory() - before < SLACK, `${(engine.memory() - before) >> 20} MiB more`);
  }
  for (const socket of sockets) socket.destroy();
  await until(
    () => openFiles(engine.engine.pid) <= files + 4,
    () => `${openFiles(engine.engine.pid)} files; ${files} were`,
  );
  assert.equal((await engine.ask('DELETE', '/images/large:1?force=1')).status, 200);
});

it('clients that leave in the middle of a load leave nothing', async () => {
  const shape = ARCHIVE_SHAPES['docker 25, both at once'];
  const archive =
    shape?.([{ image: buildImage({ layers: [{ fill: 3_000_000, seed: 'load' }] }), names: ['half:1'] }]) ??
    new Uint8Array();
  const files = openFiles(engine.engine.pid);
  for (let round = 0; round < 20; round += 1) {
    const socket = await engine.open();
    const part = archive.subarray(0, Math.floor((archive.length * (round + 1)) / 21));
    socket.write(`POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: ${archive.length}\r\n\r\n`);
    await new Promise((resolve) => void socket.write(part, resolve));
    socket.destroy();
  }
  await until(
    () => openFiles(engine.engine.pid) <= files + 4,
    () => `${openFiles(engine.engine.pid)} files; ${files} were`,
  );
  assert.equal((await engine.ask('GET', '/images/half:1/json')).status, 404);
  assert.equal((await engine.ask('POST', '/images/load', { body: archive })).status, 200);
  assert.equal((await engine.ask('DELETE', '/images/half:1')).status, 200);
});

const registries: Server[] = [];
after(() => {
  for (const server of registries) server.close().closeAllConnections();
});

/** A registry that begins an answer to everything, and goes on with none. */
async function stalled(): Promise<{ readonly host: string; readonly waiting: Set<ServerResponse> }> {
  const waiting = new Set<ServerResponse>();
  const server = createServer((_, response) => {
    waiting.add(response);
    response.on('close', () => waiting.delete(response));
  });
  registries.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { host: `localhost:${(server.address() as AddressInfo).port}`, waiting };
}

it('clients that leave in the middle of a pull and a push end its requests', async () => {
  const { host, waiting } = await stalled();
  const tagged = await engine.ask('POST', `/images/canary:1/tag?repo=${host}/canary&tag=1`);
  assert.equal(tagged.status, 201);
  const files = openFiles(engine.engine.pid);
  for (const path of [`/images/create?fromImage=${host}/x&tag=1`, `/images/${host}/canary/push?tag=1`]) {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => engine.open()));
    for (const socket of sockets)
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nX-Registry-Auth: e30=\r\nContent-Length: 0\r\n\r\n`);
    await until(
      () => waiting.size > 0,
      () => 'the registry was not asked',
    );
    for (const socket of sockets) socket.destroy();
    await until(
      () => waiting.size === 0,
      () => `${waiting.size} requests go on: ${path}`,
    );
  }
  await until(
    () => openFiles(engine.engine.pid) <= files + 4,
    () => `${openFiles(engine.engine.pid)} files; ${files} were`,
  );
  await engine.ask('DELETE', `/images/${host}/canary:1`);
});

it('a pull goes on while one of those who asked for it is there', async () => {
  const registry = await startRegistry({
    images: { 'two:1': buildImage({ layers: [{ fill: 2_000_000, seed: 'two' }] }) },
  });
  const name = registry.reference('two:1');
  const path = `/images/create?fromImage=${name.replace(/:1$/, '')}&tag=1`;
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  const [, text] = await Promise.all([askAndLeave(head, (said) => said.includes('Pulling from')), engine.raw(head)]);
  assert.match(text, /Status: (?:Downloaded newer image|Image is up to date)/);
  await engine.ask('DELETE', `/images/${name}`);
  await registry.close();
});

it('clients that leave their events leave nothing, and none keeps others from theirs', async () => {
  const files = openFiles(engine.engine.pid);
  const listeners = await Promise.all(Array.from({ length: 100 }, () => engine.open()));
  for (const socket of listeners) {
    socket.once('data', () => socket.pause());
    socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
  }
  const before = engine.memory();
  for (let round = 0; round < 300; round += 1) {
    await engine.ask('POST', '/images/canary:1/tag?repo=event&tag=1');
    await engine.ask('DELETE', '/images/event:1');
  }
  assert.ok(engine.memory() - before < SLACK, `${(engine.memory() - before) >> 20} MiB more`);
  for (const socket of listeners) socket.destroy();
  await until(
    () => openFiles(engine.engine.pid) <= files + 4,
    () => `${openFiles(engine.engine.pid)} files; ${files} were`,
  );
});
