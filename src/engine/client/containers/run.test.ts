import assert from 'node:assert/strict';
import { type EventEmitter, getEventListeners } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { bytesOf } from '#bytes';
import type { ContainerSettings } from '../../api/containers.ts';
import { encodeFrame, MULTIPLEXED_STREAM_TYPE, RAW_STREAM_TYPE } from '../../api/raw-stream.ts';
import { type FakeEngine, inputOf, startFakeEngine, TAKEN } from '../streams/fake-engine.test.fixture.ts';
import { type RunEnd, type RunOptions, runContainer } from './run.ts';

const STEPS = ['create', 'attach', 'wait', 'start'] as const;
type Step = (typeof STEPS)[number];

interface Plan {
  /** What the container says when it is started; given what it was given. */
  readonly says?: (input: string) => readonly Buffer[];
  /** The answer to the wait. */
  readonly end?: object;
  /** The container has no end of its own. */
  readonly isEndless?: boolean;
  readonly hasTerminal?: boolean;
  /** In place of the answer. */
  readonly at?: Partial<Record<Step | 'remove', (response: ServerResponse | Socket) => void>>;
}

interface Ran extends FakeEngine {
  readonly settings: () => ContainerSettings;
  readonly run: (options?: RunOptions, settings?: Partial<ContainerSettings>) => Promise<RunEnd>;
}

/** An engine with one container, `c1`. */
async function engine(t: TestContext, plan: Plan = {}): Promise<Ran> {
  let settings = '';
  let attached: Socket | undefined;
  let waiting: ServerResponse | undefined;
  let isStarted = false;
  const { says = () => [], end = { StatusCode: 0 }, at = {}, isEndless = false, hasTerminal = false } = plan;
  const play = async (): Promise<void> => {
    // The end comes first, as it may.
    if (!isEndless) waiting?.end(JSON.stringify(end));
    for (const bytes of says(attached === undefined || hasTerminal ? '' : await inputOf(attached)))
      attached?.write(bytes);
    if (!isEndless) attached?.end();
  };
  const fake = await startFakeEngine(t, {
    answer(request, response, body) {
      const step = request.startsWith('DELETE') ? 'remove' : (/\/(create|wait|start)\b/.exec(request)?.[1] as Step);
      const instead = at[step];
      if (step === 'create') settings = body;
      if (instead !== undefined) return instead(response);
      if (step === 'create') return void response.writeHead(201).end('{"Id":"c1","Warnings":["odd"]}');
      if (step === 'remove') {
        waiting?.end(JSON.stringify({ StatusCode: 137 }));
        attached?.end();
        return void response.writeHead(204).end();
      }
      if (step === 'wait') {
        waiting = response;
        // The head comes later; nothing may have been started by then.
        return void setTimeout(() => {
          assert.ok(!isStarted);
          response.flushHeaders();
        }, 20);
      }
      isStarted = true;
      response.writeHead(204).end();
      void play();
    },
    takeOver(socket) {
      if (at.attach !== undefined) return at.attach(socket);
      attached = socket;
      socket.write(TAKEN(hasTerminal ? RAW_STREAM_TYPE : MULTIPLEXED_STREAM_TYPE));
    },
  });
  return {
    ...fake,
    settings: () => JSON.parse(settings) as ContainerSettings,
    run: (options, more) => runContainer(fake.connection, { Image: 'busybox', ...more }, options),
  };
}

const out = (words: string): Buffer => encodeFrame('stdout', Buffer.from(words));
const err = (words: string): Buffer => encodeFrame('stderr', Buffer.from(words));
const CREATE = 'POST /containers/create';
const WAIT = 'POST /containers/c1/wait?condition=next-exit';
const REMOVE = 'DELETE /containers/c1?force=1&v=1';

test('create, attach, wait, start: in this order, and nothing that is said is lost', async (t) => {
  const { run, requests, settings } = await engine(t, {
    says: () => [out('one '), err('bad'), out('two')],
    end: { StatusCode: 3 },
  });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const ended = await run({ stdout, stderr, name: 'web' });
  assert.deepEqual(ended, { id: 'c1', exitCode: 3, warnings: ['odd'] });
  assert.deepEqual(await Promise.all([text(stdout.end()), text(stderr.end())]), ['one two', 'bad']);
  const attach = 'POST /containers/c1/attach?stdout=1&stderr=1&stream=1';
  assert.deepEqual(requests, [`${CREATE}?name=web`, attach, WAIT, 'POST /containers/c1/start']);
  assert.deepEqual(settings(), { Image: 'busybox', AttachStdin: false, AttachStdout: true, AttachStderr: true });
});

test('input is given to its end; with remove the engine removes, and that is waited for', async (t) => {
  const { run, requests, settings } = await engine(t, { says: (input) => [out(input.toUpperCase())] });
  const stdout = new PassThrough();
  const HostConfig = { NetworkMode: 'none' };
  await run({ stdin: bytesOf(Buffer.from('some '), Buffer.from('input')), stdout, remove: true }, { HostConfig });
  assert.equal(await text(stdout.end()), 'SOME INPUT');
  const { OpenStdin, StdinOnce, AttachStdin, HostConfig: host } = settings();
  assert.deepEqual([OpenStdin, StdinOnce, AttachStdin], [true, true, true]);
  assert.deepEqual(host, { NetworkMode: 'none', AutoRemove: true });
  assert.equal(requests[2], 'POST /containers/c1/wait?condition=removed');
  assert.equal(requests.length, 4);
});

test("a terminal's input is not ended with its source", async (t) => {
  const { run } = await engine(t, { hasTerminal: true, says: () => [Buffer.from('$ ')] });
  const stdout = new PassThrough();
  await run({ stdin: Readable.from(['x']), stdout }, { Tty: true });
  assert.equal(await text(stdout.end()), '$ ');
});

test('without streams nothing is attached', async (t) => {
  const { run, requests } = await engine(t);
  assert.equal((await run()).exitCode, 0);
  assert.deepEqual(requests, [CREATE, WAIT, 'POST /containers/c1/start']);
});

test('what fails on the way removes the container, and is what is thrown', async (t) => {
  const refuse = (response: ServerResponse | Socket): void => {
    const answer = '{"message":"not now"}';
    if ('writeHead' in response) response.writeHead(500).end(answer);
    else response.end(`HTTP/1.1 500 No\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`);
  };
  for (const step of STEPS) {
    const { run, requests } = await engine(t, { at: { [step]: refuse } });
    await assert.rejects(run({ stdout: new PassThrough() }), { code: 'SERVER_FAILED', message: /not now/ });
    assert.equal(requests.at(-1), step === 'create' ? CREATE : REMOVE, step);
  }
  const ended = await engine(t, { end: { StatusCode: -1, Error: { Message: 'gone \u001b[31m' } } });
  await assert.rejects(ended.run(), { code: 'SERVER_FAILED', message: 'cannot wait for c1: gone  [31m' });
  assert.equal(ended.requests.at(-1), REMOVE);
  const stuck = await engine(t, { at: { start: refuse, remove: refuse } });
  await assert.rejects(stuck.run(), { code: 'SERVER_FAILED', hint: 'the container c1 could not be removed' });
});

test('streams that fail end it: broken output, input that breaks, a connection that is lost', async (t) => {
  const stdout = new PassThrough();
  const says = (): readonly Buffer[] => {
    stdout.destroy(new Error('broken pipe'));
    return [];
  };
  const broken = await engine(t, { isEndless: true, says });
  await assert.rejects(broken.run({ stdout }), { code: 'IO_FAILED', message: 'cannot write stdout: broken pipe' });
  assert.equal(broken.requests.at(-1), REMOVE);
  const faults: Readonly<Record<string, () => RunOptions>> = {
    'cannot read what the container is to be given: no disk': () => ({
      stdin: new Readable({ read: () => {} }).on('error', () => {}).destroy(new Error('no disk')),
    }),
    'cannot read what the container is to be given: no file': () => ({
      stdin: (async function* () {
        yield Buffer.from('begun');
        throw new Error('no file');
      })(),
    }),
  };
  for (const [message, options] of Object.entries(faults)) {
    const { run, requests } = await engine(t, { isEndless: true });
    await assert.rejects(run(options()), { code: 'IO_FAILED', message });
    assert.equal(requests.at(-1), REMOVE);
  }
  const lost = await engine(t, {
    at: { attach: (socket) => socket.end(`${TAKEN(MULTIPLEXED_STREAM_TYPE)}\u0001\0\0`) },
  });
  await assert.rejects(lost.run({ stdout: new PassThrough() }), { code: 'CONNECTION_LOST' });
  assert.equal(lost.requests.at(-1), REMOVE);
});

test('streams that have failed before they are used are told of, and end no process', async (t) => {
  const missing: readonly (() => readonly [EventEmitter, RunOptions])[] = [
    () => {
      const stdin = createReadStream('/none/such');
      return [stdin, { stdin }];
    },
    () => {
      const stdout = createWriteStream('/none/such');
      return [stdout, { stdout }];
    },
  ];
  for (const open of missing) {
    let closed: Promise<unknown> = Promise.resolve();
    const late = async (response: ServerResponse | Socket): Promise<void> => {
      await closed;
      response.end('{"Id":"c1"}');
    };
    const { run, requests } = await engine(t, { isEndless: true, at: { create: (response) => void late(response) } });
    const [stream, options] = open();
    closed = new Promise((resolve) => stream.once('close', resolve));
    await assert.rejects(run(options), { code: 'IO_FAILED', message: /ENOENT/ });
    assert.equal(requests.at(-1), REMOVE);
    assert.equal(stream.listenerCount('error'), 0);
  }
});

test('input may be all there', async (t) => {
  for (const stdin of ['hello', '', Buffer.from('hello'), new Uint8Array([1, 2])]) {
    const { run } = await engine(t, { says: (input) => [out(`[${input}]`)] });
    const stdout = new PassThrough();
    await run({ stdin, stdout });
    assert.equal(String(stdout.read()), `[${Buffer.from(stdin).toString()}]`);
  }
});

test('cancelled at any step: the container is removed, and no connection is left', async (t) => {
  for (const step of [...STEPS, 'running'] as const) {
    const stop = new AbortController();
    const at = {
      [step]: (response: ServerResponse | Socket) => {
        stop.abort();
        // What is made by then has to go all the same.
        if (step === 'create') (response as ServerResponse).writeHead(201).end('{"Id":"c1","Warnings":null}');
      },
    };
    const { run, requests } = await engine(t, { isEndless: true, at, says: () => [out('begun')] });
    const stdout = new PassThrough();
    stdout.once('data', () => stop.abort());
    await assert.rejects(run({ stdout, signal: stop.signal }), { code: 'CANCELLED' }, step);
    assert.equal(requests.at(-1), REMOVE, step);
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  }
  const { run, requests } = await engine(t);
  await assert.rejects(run({ signal: AbortSignal.abort() }), { code: 'CANCELLED' });
  assert.deepEqual(requests, []);
});

test('engines that cannot say that they wait are not asked', async (t) => {
  const { connection, requests } = await startFakeEngine(t, { version: '1.29' });
  await assert.rejects(runContainer(connection, { Image: 'busybox' }), { code: 'UNSUPPORTED', message: /1\.30/ });
  assert.deepEqual(requests, []);
});
