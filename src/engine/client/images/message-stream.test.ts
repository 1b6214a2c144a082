import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { DrayError, hasCode } from '#errors';
import type { ProgressMessage } from '../../api/progress-message.ts';
import { type FakeAnswer, fakeConnection } from '../fake-connection.test.fixture.ts';
import { imagesOf } from './images.ts';
import type { MessageStream } from './message-stream.ts';

const PULL = [
  '{"status":"Pulling from rnd","id":"1"}\r\n',
  '{"status":"Downloading","progressDetail":{"current":1,"total":2},"progress":"[>  ]","id":"f9b7e1c9284d"}\r\n',
  `{"status":"Digest: sha256:${'e'.repeat(64)}"}\r\n`,
  '{"status":"Status: Downloaded newer image for localhost:5000/rnd:1"}\r\n',
].join('');

const pulled = (answer: FakeAnswer) => {
  const connection = fakeConnection(() => answer);
  return { connection, stream: imagesOf(connection).pull('localhost:5000/rnd:1') };
};

const USES: Readonly<Record<string, (stream: MessageStream<unknown>) => Promise<unknown>>> = {
  iterate: async (stream) => {
    for await (const _ of stream);
  },
  done: (stream) => stream.done(),
  await: async (stream) => stream,
  raw: async (stream) => {
    for await (const _ of stream.raw());
  },
  copyTo: (stream) => stream.copyTo(new PassThrough().resume()),
};

test('nothing is sent before it is used, and once only whatever the use', async () => {
  for (const [name, use] of Object.entries(USES)) {
    const { connection, stream } = pulled({ body: PULL });
    await new Promise(setImmediate);
    assert.equal(connection.requests.length, 0);
    await use(stream);
    assert.equal(connection.requests.length, 1);
    const isEndKept = !['raw', 'copyTo'].includes(name);
    for (const [again, second] of Object.entries(USES)) {
      // The end of what was read as messages can be asked for as often as one likes.
      if (isEndKept && ['done', 'await'].includes(again)) {
        assert.deepEqual(await second(stream), await pulled({ body: PULL }).stream);
        continue;
      }
      await assert.rejects(
        async () => second(stream),
        (error) => hasCode(error, 'INVALID_OPTION'),
        name,
      );
    }
    assert.equal(connection.requests.length, 1);
  }
});

test('messages come as they are, and the end says what came of it', async () => {
  const seen: ProgressMessage[] = [];
  const result = await pulled({ body: PULL }).stream.done({ onMessage: (message) => seen.push(message) });
  const all: ProgressMessage[] = [];
  for await (const message of pulled({ body: PULL }).stream) all.push(message);
  assert.deepEqual(seen, all);
  assert.deepEqual(all[1]?.progressDetail, { current: 1, total: 2 });
  assert.deepEqual(result, {
    reference: 'localhost:5000/rnd:1',
    digest: `sha256:${'e'.repeat(64)}`,
    status: 'Downloaded newer image for localhost:5000/rnd:1',
  });
});

test('what came of it is told after a loop, and beside one', async () => {
  const { connection, stream } = pulled({ body: PULL });
  let beside: PromiseLike<{ readonly digest?: string }> | undefined;
  for await (const _ of stream) beside ??= stream.done();
  const results = [await beside, await stream, await stream.done()];
  assert.deepEqual(new Set(results.map((result) => result?.digest)), new Set([`sha256:${'e'.repeat(64)}`]));
  await assert.rejects(stream.done({ onMessage() {} }), (error) => hasCode(error, 'INVALID_OPTION'));
  assert.equal(connection.requests.length, 1);
  const failing = pulled({ body: '{"errorDetail":{"message":"no luck"},"error":"no luck"}\n' }).stream;
  for (const use of ['iterate', 'await', 'done']) {
    await assert.rejects(
      async () => USES[use]?.(failing),
      (error) => hasCode(error, 'SERVER_FAILED'),
    );
  }
  const left = pulled({ body: PULL }).stream;
  for await (const _ of left) break;
  await assert.rejects(left.done(), (error) => hasCode(error, 'CANCELLED'));
});

test('raw bytes are those that came, a failure among them', async () => {
  const body = `${PULL}{"errorDetail":{"message":"gone"},"error":"gone"}\r\n`;
  const output = new PassThrough();
  await pulled({ body }).stream.copyTo(output);
  assert.equal(output.writable, true);
  assert.equal(await text(output.end()), body);
  let bytes = '';
  for await (const chunk of pulled({ body }).stream.raw()) bytes += Buffer.from(chunk).toString();
  assert.equal(bytes, body);
});

test('a failure in the middle rejects, and nothing after it is read', async () => {
  const body = '{"status":"Pulling"}\n{"errorDetail":{"message":"no luck"},"error":"no luck"}\n{"status":"more"}\n';
  for (const name of ['iterate', 'done', 'await']) {
    const { connection, stream } = pulled({ body });
    await assert.rejects(
      async () => USES[name]?.(stream),
      (error) => hasCode(error, 'SERVER_FAILED') && error.detail['message'] === 'no luck',
    );
    assert.equal(connection.abandoned, 1);
  }
});

test('an answer that breaks off rejects, however it is read', async () => {
  const fault = new DrayError('CONNECTION_LOST', 'the engine closed');
  for (const use of Object.values(USES)) {
    await assert.rejects(use(pulled({ body: PULL, fault }).stream), (error) => hasCode(error, 'CONNECTION_LOST'));
  }
});

test('leaving the loop gives up the answer', async () => {
  for (const open of [(stream: MessageStream<unknown>) => stream, (stream: MessageStream<unknown>) => stream.raw()]) {
    const { connection, stream } = pulled({ body: PULL });
    for await (const _ of open(stream)) break;
    assert.equal(connection.abandoned, 1);
  }
});

test('what is no message of progress is refused', async () => {
  const bodies = [
    '[]\n',
    '{"status":5}\n',
    '{"status":"x","progressDetail":{"current":"1"}}\n',
    '{"error":{"message":"x"}}\n',
    '{"errorDetail":"x"}\n',
    '{"errorDetail":{}}\n',
    '{"stream":["x"]}\n',
    '{"id":{}}\n',
  ];
  for (const body of bodies) {
    const { connection, stream } = pulled({ body: `${body}{"status":"more"}\n` });
    await assert.rejects(stream.done(), (error) => hasCode(error, 'BAD_RESPONSE'), body);
    assert.equal(connection.abandoned, 1);
  }
  await pulled({
    body: '{"status":null,"error":null,"errorDetail":null,"progressDetail":null,"new":{"x":1}}\n',
  }).stream.done();
  // What objects have by themselves is nothing that is known of messages.
  await pulled({
    body: '{"__proto__":{"status":5},"constructor":1,"progressDetail":{"toString":"x"}}\n',
  }).stream.done();
});

test('an output that takes no more gives up the answer', async () => {
  const { connection, stream } = pulled({ body: PULL });
  const output = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => done(new Error('EPIPE')),
  });
  await assert.rejects(stream.copyTo(output), (error) => hasCode(error, 'IO_FAILED') && /EPIPE/.test(error.message));
  assert.equal(connection.requests.length, 1);
});
