import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Frame } from './frame.ts';
import { readersOf } from './readers.ts';
import { split } from './split.ts';

/** Says it, with one buffer for all, as a socket's reader may have. */
async function* saying(
  ...said: readonly (readonly [Frame['stream'], string])[]
): AsyncGenerator<Frame, void, undefined> {
  const buffer = Buffer.alloc(1 << 16);
  for (const [stream, words] of said) yield { stream, bytes: buffer.subarray(0, buffer.write(words)) };
}

async function* endless(stream: Frame['stream'], given: { count: number }): AsyncGenerator<Frame, void, undefined> {
  for (; ; given.count += 1) yield { stream, bytes: Buffer.alloc(1024) };
}

const BOTH = [
  ['stdout', 'one '],
  ['stderr', 'bad '],
  ['stdin', 'echo'],
  ['stdout', 'two'],
  ['stderr', 'worse'],
] as const;

test('split: each stream to its place, in order, and the places stay open', async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  await split(saying(...BOTH), { stdout, stderr });
  assert.ok(!stdout.writableEnded && !stderr.writableEnded);
  assert.deepEqual(await Promise.all([text(stdout.end()), text(stderr.end())]), ['one echotwo', 'bad worse']);
  const only = new PassThrough();
  await split(saying(...BOTH), { stderr: only });
  assert.equal(await text(only.end()), 'bad worse');
  const same = new PassThrough();
  await split(saying(...BOTH), { stdout: same, stderr: same });
  assert.equal(await text(same.end()), 'one bad echotwoworse');
});

test('split: no more is taken than a slow target can hold', async () => {
  const given = { count: 0 };
  let taken: (() => void) | undefined;
  const stdout = new Writable({
    highWaterMark: 4096,
    write(_chunk, _encoding, done) {
      taken = done;
    },
  });
  const done = split(endless('stdout', given), { stdout });
  for (let round = 0; round < 100; round += 1) {
    await new Promise(setImmediate);
    assert.ok(stdout.writableLength <= 4096 && given.count <= round + 4, `${given.count} after ${round}`);
    taken?.();
  }
  stdout.destroy();
  await assert.rejects(done, { code: 'IO_FAILED' });
});

test('split: resolves when all has been written, and not before', async () => {
  let count = 0;
  const slow = (): Writable =>
    new Writable({
      highWaterMark: 1 << 20,
      write(_chunk, _encoding, done) {
        setImmediate(() => {
          count += 1;
          done();
        });
      },
    });
  await split(saying(...BOTH), { stdout: slow(), stderr: slow() });
  assert.equal(count, BOTH.length);
  const stdout = new Writable({
    highWaterMark: 1 << 20,
    write: (_chunk, _encoding, done) => void setImmediate(() => done(new Error('disk full'))),
  });
  const failed = split(saying(['stdout', 'last']), { stdout });
  await assert.rejects(failed, { code: 'IO_FAILED', message: 'cannot write stdout: disk full' });
});

test('split: a target that fails, is closed or ended gives up the rest at once, also while nothing comes', async () => {
  const ends: Readonly<Record<string, (target: PassThrough) => void>> = {
    'cannot write stdout: broken pipe': (target) => target.destroy(new Error('broken pipe')),
    'cannot write stdout: Premature close': (target) => target.destroy(),
    'cannot write stdout: it was ended before all had come': (target) => target.end().resume(),
  };
  for (const [message, end] of Object.entries(ends)) {
    let isLeft = false;
    const silent: AsyncIterable<Frame> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return() {
          isLeft = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const stdout = new PassThrough();
    const done = split(silent, { stdout });
    end(stdout);
    await assert.rejects(done, { code: 'IO_FAILED', message });
    assert.ok(isLeft);
    assert.deepEqual(stdout.listenerCount('drain'), 0);
  }
});

test('split: rejects as the frames do', async () => {
  async function* failing(): AsyncGenerator<Frame, void, undefined> {
    yield* saying(['stdout', 'begun']);
    throw new Error('lost');
  }
  const stdout = new PassThrough();
  await assert.rejects(split(failing(), { stdout }), { message: 'lost' });
  assert.equal(await text(stdout.end()), 'begun');
});

test('readers: both streams, and both end', async () => {
  const { stdout, stderr } = readersOf(saying(...BOTH));
  assert.deepEqual(await Promise.all([text(stdout), text(stderr)]), ['one echotwo', 'bad worse']);
});

test('readers: the one that is read waits for the one that is not, and no more is held', async () => {
  async function* both(given: { count: number }): AsyncGenerator<Frame, void, undefined> {
    for (; ; given.count += 1) {
      await new Promise(setImmediate);
      yield { stream: given.count % 2 === 0 ? 'stdout' : 'stderr', bytes: Buffer.alloc(4096) };
    }
  }
  const given = { count: 0 };
  const { stdout, stderr } = readersOf(both(given));
  let length = 0;
  stderr.on('data', (chunk: Buffer) => (length += chunk.length));
  for (let round = 0; round < 200; round += 1) await new Promise(setImmediate);
  assert.ok(stdout.readableLength <= stdout.readableHighWaterMark + 4096, `${stdout.readableLength} held`);
  assert.ok(given.count < 100, `${given.count} frames taken`);
  const before = length;
  // Now that the other is read too, both go on.
  stdout.resume();
  const hasMore = (): boolean => length > before + (1 << 18);
  while (!hasMore()) await new Promise(setImmediate);
  stdout.destroy();
});

test('readers: fail as the frames do; destroying one gives up the frames', async () => {
  async function* failing(): AsyncGenerator<Frame, void, undefined> {
    yield* saying(['stdout', 'begun']);
    throw new Error('lost');
  }
  const failed = readersOf(failing());
  const heard = Promise.allSettled([text(failed.stdout), text(failed.stderr)]);
  assert.deepEqual(
    (await heard).map(({ status }) => status),
    ['rejected', 'rejected'],
  );

  let isLeft = false;
  async function* left(): AsyncGenerator<Frame, void, undefined> {
    try {
      yield* endless('stdout', { count: 0 });
    } finally {
      isLeft = true;
    }
  }
  const { stdout, stderr } = readersOf(left());
  for await (const _ of stdout) break;
  await new Promise(setImmediate);
  assert.ok(stderr.destroyed && isLeft);
});
