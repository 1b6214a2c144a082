import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { bytesOf } from '#bytes';
import { type ErrorCode, hasCode } from '#errors';
import { createEngine, type Engine } from '../create-engine.ts';
import type { MessageStream } from './message-stream.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const OPEN_END = `${HEAD}Connection: close\r\n\r\n`;
const chunked = (...chunks: readonly string[]): string =>
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`)
    .join('')}`;
const LAST = '0\r\n\r\n';
const FIRST = '{"status":"Pulling from x","id":"1"}\r\n';
const STATUS = '{"status":"Status: Downloaded newer image for x:latest"}';

interface Hostile {
  readonly engine: Engine;
  /** The connection that was made last. */
  readonly socket: () => Promise<Socket>;
}

/** An engine that answers everything with these bytes, and then does `then`. */
async function answering(t: TestContext, answer: string, then: (socket: Socket) => void = () => {}): Promise<Hostile> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(answer, () => then(socket));
      socket.resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const engine = createEngine({ host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, version: '1.47' });
  t.after(() => {
    engine.close();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const socket = async (): Promise<Socket> => {
    while (sockets.length === 0) await once(server, 'connection');
    return sockets.at(-1) ?? assert.fail();
  };
  return { engine, socket };
}

/** Also where the client resets it. */
async function closed(socket: Socket): Promise<void> {
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
}

const end = (socket: Socket): void => void socket.end();

test('an answer without a newline at its end, with objects side by side and between odd spaces', async (t) => {
  const body = `${FIRST.trim()}${FIRST.trim()} \n\n\t${STATUS}`;
  for (const answer of [chunked(body) + LAST, chunked(...body) + LAST, OPEN_END + body]) {
    const { engine } = await answering(t, answer, end);
    const seen: unknown[] = [];
    const { status } = await engine.images.pull('x').done({ onMessage: (message) => seen.push(message) });
    assert.equal(status, 'Downloaded newer image for x:latest');
    assert.equal(seen.length, 3);
  }
});

const FAULTS: Readonly<Record<string, readonly [answer: string, code: ErrorCode, given: number]>> = {
  'ends in the middle of a chunk': [chunked(FIRST) + 'ff\r\n{"st', 'CONNECTION_LOST', 1],
  'ends between two messages': [chunked(FIRST), 'CONNECTION_LOST', 1],
  'ends in the middle of an object': [chunked(FIRST, '{"status":"Pul') + LAST, 'BAD_RESPONSE', 1],
  'has a line that is none': [chunked(FIRST, 'panic: runtime error\n', FIRST) + LAST, 'BAD_RESPONSE', 1],
  'has a list': [chunked(FIRST, '[1,2]\n') + LAST, 'BAD_RESPONSE', 1],
  'has what looks like an object': [chunked(FIRST, '{"status": Pulling}\n') + LAST, 'BAD_RESPONSE', 1],
  'is a page': [`${OPEN_END}<html><body>Welcome to nginx`, 'BAD_RESPONSE', 0],
  'is no HTTP': ['SSH-2.0-OpenSSH_9.9\r\n', 'BAD_RESPONSE', 0],
  'says nothing': ['', 'CONNECTION_LOST', 0],
  'tells of a failure in the middle': [
    chunked(FIRST, '{"errorDetail":{"message":"unauthorized: go away"},"error":"unauthorized: go away"}\n', FIRST),
    'UNAUTHORIZED',
    1,
  ],
};

test('an answer that is broken rejects, when what came before it was given', async (t) => {
  for (const [name, [answer, code, given]] of Object.entries(FAULTS)) {
    const { engine } = await answering(t, answer, end);
    let count = 0;
    const reading = engine.images.pull('x').done({
      onMessage() {
        count += 1;
      },
    });
    await assert.rejects(reading, (error) => hasCode(error, code), name);
    assert.equal(count, given, name);
  }
});

test('a message of 10 MB is a message, and one without an end is not kept', async (t) => {
  const long = `{"status":"${'x'.repeat(10_000_000)}"}\n`;
  const { engine } = await answering(t, chunked(long, STATUS) + LAST, end);
  const { status } = await engine.images.pull('x').done();
  assert.equal(status, 'Downloaded newer image for x:latest');

  const endless = (socket: Socket): void => {
    const more = 'x'.repeat(1_000_000);
    const write = (): void => void (socket.destroyed || socket.write(more, write));
    socket.write('{"status":"', write);
  };
  const second = await answering(t, OPEN_END, endless);
  await assert.rejects(second.engine.images.pull('x').done(), (error) => hasCode(error, 'BAD_RESPONSE'));
  const socket = await second.socket();
  await closed(socket);
});

const LEAVINGS: Readonly<Record<string, (stream: MessageStream<unknown>, stop: () => void) => Promise<unknown>>> = {
  async 'leaving the loop'(stream) {
    for await (const _ of stream) break;
  },
  async 'leaving the bytes'(stream) {
    for await (const _ of stream.raw()) break;
  },
  'the signal, while messages come': (stream, stop) =>
    assert.rejects(stream.done({ onMessage: stop }), (error) => hasCode(error, 'CANCELLED')),
  'a message that the caller fails at': (stream) =>
    assert.rejects(
      stream.done({
        onMessage() {
          throw new Error('cannot draw');
        },
      }),
      /cannot draw/,
    ),
};

test('giving up closes the connection of an engine that would go on', async (t) => {
  for (const [name, leave] of Object.entries(LEAVINGS)) {
    const { engine, socket } = await answering(t, chunked(FIRST));
    const stopping = new AbortController();
    await leave(engine.images.pull('x', { signal: stopping.signal }), () => stopping.abort());
    await closed(await socket());
    assert.ok((await socket()).destroyed, name);
  }
});

test('so it does for an archive, and for events', async (t) => {
  const { engine, socket } = await answering(t, chunked('{"Type":"image"}\n'));
  for await (const chunk of engine.images.save('x')) {
    assert.equal(Buffer.from(chunk).toString(), '{"Type":"image"}\n');
    break;
  }
  const first = await socket();
  await closed(first);
  const stopping = new AbortController();
  await assert.rejects(
    async () => {
      for await (const { Type } of engine.events({ signal: stopping.signal })) {
        assert.equal(Type, 'image');
        stopping.abort();
      }
    },
    (error) => hasCode(error, 'CANCELLED'),
  );
  const second = await socket();
  assert.notEqual(second, first);
  await closed(second);
});

test('an archive that breaks off is not taken for whole', async (t) => {
  const { engine } = await answering(t, chunked('half'), end);
  await assert.rejects(
    async () => {
      for await (const _ of engine.images.save('x'));
    },
    (error) => hasCode(error, 'CONNECTION_LOST'),
  );
});

test('an engine that refuses an archive before it has read it is heard', async (t) => {
  const refusal = '{"message":"no room"}';
  const answer = `HTTP/1.1 507 Insufficient\r\nContent-Length: ${refusal.length}\r\nConnection: close\r\n\r\n${refusal}`;
  const { engine } = await answering(t, answer);
  const block = new Uint8Array(65_536);
  let sent = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (; sent < 100_000; sent += 1) yield block;
  }
  await assert.rejects(engine.images.load(endless()).done(), (error) => {
    return hasCode(error, 'SERVER_FAILED') && error.detail['message'] === 'no room';
  });
  assert.ok(sent < 100_000);
});

test('an archive that cannot be read ends the request', async (t) => {
  const { engine, socket } = await answering(t, '');
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield* bytesOf(new Uint8Array(10));
    throw new Error('disk on fire');
  }
  await assert.rejects(engine.images.load(failing()).done(), (error) => {
    return hasCode(error, 'IO_FAILED') && /disk on fire/.test(error.message);
  });
  await closed(await socket());
});
