import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { encodeFrame, MULTIPLEXED_STREAM_TYPE, RAW_STREAM_TYPE } from '../../api/raw-stream.ts';
import { attachContainer } from '../containers/attach.ts';
import { type Attached, attachedTo } from './attached.ts';
import { inputOf, startFakeEngine, TAKEN } from './fake-engine.test.fixture.ts';

const FRAMED = TAKEN(MULTIPLEXED_STREAM_TYPE);

async function attach(
  t: TestContext,
  takeOver: (socket: Socket) => void,
  options: Parameters<typeof attachContainer>[2] = {},
): Promise<Attached> {
  const { connection } = await startFakeEngine(t, { takeOver });
  return attachContainer(connection, 'web', options);
}

async function said(attached: Attached): Promise<string> {
  let all = '';
  for await (const { stream, bytes } of attached.frames()) all += `${stream}:${Buffer.from(bytes).toString()} `;
  return all;
}

const hello = encodeFrame('stdout', Buffer.from('hello'));

/** Says hello, and ends when the client does. */
function greet(socket: Socket): void {
  socket.write(Buffer.concat([Buffer.from(FRAMED), hello]));
  socket.resume().once('end', () => socket.end());
}

test('what comes with the head of the answer is not lost, also when the connection ends at once', async (t) => {
  for (const tail of ['', 'end']) {
    const attached = await attach(t, (socket) => {
      const rest = tail === '' ? [] : [encodeFrame('stderr', Buffer.from(tail))];
      socket.end(Buffer.concat([Buffer.from(FRAMED), hello, ...rest]));
    });
    // Long after.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.equal(await said(attached), tail === '' ? 'stdout:hello ' : 'stdout:hello stderr:end ');
    await attached.done;
    assert.ok(!attached.hasTerminal && attached.stdin.destroyed);
  }
});

test('the head in single bytes, frames cut anywhere', async (t) => {
  const write = async (socket: Socket): Promise<void> => {
    socket.setNoDelay(true);
    for (const byte of Buffer.concat([Buffer.from(FRAMED), hello, hello])) {
      await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve));
    }
    socket.end();
  };
  const attached = await attach(t, (socket) => void write(socket));
  assert.equal((await said(attached)).replaceAll(/ ?stdout:/g, ''), 'hellohello ');
});

test('input: its end leaves the output open', async (t) => {
  const attached = await attach(
    t,
    (socket) => {
      socket.write(FRAMED);
      void inputOf(socket).then((input) => socket.end(encodeFrame('stdout', Buffer.from(input.toUpperCase()))));
    },
    { stdin: true },
  );
  attached.stdin.write('some ');
  attached.stdin.end('input');
  assert.equal(await text(attached.stdout), 'SOME INPUT');
  assert.equal(await text(attached.stderr), '');
  await attached.done;
});

test('a terminal: all is stdout', async (t) => {
  const attached = await attach(t, (socket) => socket.end(`${TAKEN(RAW_STREAM_TYPE)}\u0001\0\0\0 no frame`));
  assert.ok(attached.hasTerminal);
  assert.equal(await said(attached), 'stdout:\u0001\0\0\0 no frame ');
});

test('engines before 1.42 are asked for the terminal', async (t) => {
  for (const [version, Tty] of [
    ['1.41', true],
    ['1.41', false],
    ['1.24', false],
  ] as const) {
    const { connection, requests } = await startFakeEngine(t, {
      version,
      takeOver: (socket) => socket.end(Buffer.concat([Buffer.from(TAKEN(RAW_STREAM_TYPE)), hello])),
      answer: (_, response) => response.end(JSON.stringify({ Config: { Tty } })),
    });
    const attached = await attachContainer(connection, 'web');
    assert.equal(attached.hasTerminal, Tty);
    assert.equal(requests[1], 'GET /containers/web/json');
    assert.equal(await said(attached), Tty ? `stdout:${hello.toString()} ` : 'stdout:hello ');
  }
});

test('a container that ends with input unread is no fault, and what it said is not lost', async (t) => {
  const attached = await attach(
    t,
    (socket) => {
      socket.pause();
      // What is unread when it is closed makes of the end a reset.
      socket.write(Buffer.concat([Buffer.from(FRAMED), hello]), () => socket.resetAndDestroy());
    },
    { stdin: true },
  );
  attached.stdin.write(Buffer.alloc(8 << 20));
  const heard = await said(attached);
  assert.ok(heard === 'stdout:hello ' || heard === '', heard);
  await attached.done;
  assert.ok(attached.stdin.destroyed);
  // Nobody listens to its errors.
  attached.stdin.write('more');
});

test('a connection that is cut: within a frame always, and between frames when it is reset without input', async (t) => {
  const cut = await attach(t, (socket) => socket.end(Buffer.concat([Buffer.from(FRAMED), hello.subarray(0, 10)])));
  await assert.rejects(said(cut), { code: 'CONNECTION_LOST' });
  await assert.rejects(cut.done, { code: 'CONNECTION_LOST' });
  // When the client has the head, and has ended its half.
  const reset = (socket: Socket): void => {
    socket.write(FRAMED);
    socket.resume().once('end', () => socket.resetAndDestroy());
  };
  const lost = await attach(t, reset);
  await assert.rejects(said(lost), {
    code: 'CONNECTION_LOST',
    message: /^the output of web: the connection to the engine was lost/,
  });
  const garbage = await attach(t, (socket) => socket.write(`${FRAMED}what is this?`));
  await assert.rejects(text(garbage.stdout), { code: 'BAD_RESPONSE' });
  await assert.rejects(garbage.done, { code: 'BAD_RESPONSE' });
});

test('a connection that was lost before anybody looked at it', async () => {
  const ended = new PassThrough();
  ended.end(hello).resume();
  await once(ended, 'end');
  const broken = new PassThrough();
  broken.on('error', () => {}).destroy(new Error('gone'));
  await new Promise((resolve) => broken.once('close', resolve));
  const options = { what: 'it', isMultiplexed: true, hasInput: true };
  assert.equal(await said(attachedTo(ended, options)), '');
  await assert.rejects(said(attachedTo(broken, options)), { code: 'CONNECTION_LOST', message: /gone$/ });
});

test('cancelling closes the connection, whoever reads', async (t) => {
  const { connection, sockets } = await startFakeEngine(t, { takeOver: greet });
  const stop = new AbortController();
  const [read, unread, streamed] = await Promise.all(
    [0, 1, 2].map(() => attachContainer(connection, 'web', { stdin: true, signal: stop.signal })),
  );
  assert.ok(read !== undefined && unread !== undefined && streamed !== undefined);
  const reading = said(read);
  const streaming = text(streamed.stdout);
  stop.abort();
  await assert.rejects(reading, { code: 'CANCELLED' });
  await assert.rejects(streaming, { code: 'CANCELLED' });
  await assert.rejects(said(unread), { code: 'CANCELLED' });
  while (sockets.size > 0) await new Promise(setImmediate);
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
});

test('the output is read once; leaving, closing and destroying close the connection', async (t) => {
  const { connection, sockets } = await startFakeEngine(t, { takeOver: greet });
  const gone = async (): Promise<void> => {
    while (sockets.size > 0) await new Promise(setImmediate);
  };
  const first = await attachContainer(connection, 'web', { stdin: true });
  for await (const _ of first.frames()) break;
  assert.throws(() => first.frames(), { code: 'INVALID_OPTION' });
  await Promise.all([gone(), first.done]);
  const second = await attachContainer(connection, 'web', { stdin: true });
  const reading = said(second);
  await new Promise(setImmediate);
  second.close();
  assert.match(await reading, /^(stdout:hello )?$/);
  await Promise.all([gone(), second.done]);
  const third = await attachContainer(connection, 'web', { stdin: true });
  third.stdout.destroy();
  await Promise.all([gone(), third.done]);
});

test('who does not read makes the engine wait, and loses nothing', async (t) => {
  const frame = encodeFrame('stdout', Buffer.alloc(64 * 1024, 'x'));
  const frames = 1024;
  let taken = 0;
  const write = async (socket: Socket): Promise<void> => {
    socket.write(FRAMED);
    for (let i = 0; i < frames; i += 1, taken += 1) await new Promise((resolve) => socket.write(frame, resolve));
    socket.end();
  };
  const attached = await attach(t, (socket) => void write(socket));
  // Until nothing has moved for a while: what the system holds for both ends, and no more than that.
  for (let before = -1, still = 0; still < 200; before = taken) {
    await new Promise(setImmediate);
    still = taken === before ? still + 1 : 0;
  }
  assert.ok(taken < frames / 2, `${taken} frames were taken`);
  let length = 0;
  for await (const { bytes } of attached.frames()) length += bytes.length;
  assert.equal(length, frames * 64 * 1024);
});

test('ten thousand that are dropped leave nothing', async (t) => {
  const { connection, sockets, requests } = await startFakeEngine(t, { takeOver: greet });
  const { signal } = new AbortController();
  const drop = async (i: number): Promise<void> => {
    const attached = await attachContainer(connection, 'web', { signal, stdin: i % 2 === 0 });
    if (i % 10 === 0) attached.stdin.write('x');
    if (i % 3 === 0) for await (const _ of attached.frames()) break;
    else attached.close();
    await attached.done;
  };
  for (let i = 0; i < 10_000; i += 50) await Promise.all(Array.from({ length: 50 }, (_, at) => drop(i + at)));
  assert.equal(requests.length, 10_000);
  while (sockets.size > 0) await new Promise(setImmediate);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});
