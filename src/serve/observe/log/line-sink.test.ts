import assert from 'node:assert/strict';
import nodeFs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createLineSink, type LineTarget } from './line-sink.ts';
import { fileTarget, streamTarget } from './line-targets.ts';

/** A target that is done when the test says so. */
function slowTarget(): LineTarget & { readonly batches: string[]; finish(error?: Error): void } {
  const batches: string[] = [];
  let finish: ((error?: Error) => void) | undefined;
  return {
    batches,
    write: (batch, done) => {
      batches.push(batch);
      finish = done;
    },
    finish: (error) => finish?.(error),
    reopen: () => {},
    close: () => {},
  };
}

const turn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

function folder(t: TestContext): string {
  const path = nodeFs.mkdtempSync(join(tmpdir(), 'dray-log-'));
  t.after(() => nodeFs.rmSync(path, { recursive: true, force: true }));
  return path;
}

test('lines of one turn are one batch, and those that come meanwhile the next', async () => {
  const target = slowTarget();
  const sink = createLineSink(target);
  for (const line of ['a', 'b', 'c']) sink.write(line);
  assert.deepEqual(target.batches, [], 'nothing is written while somebody is being answered');
  await turn();
  sink.write('d');
  await turn();
  assert.deepEqual(target.batches, ['a\nb\nc\n'], 'one at a time');
  const flushed = sink.flush();
  target.finish();
  await turn();
  assert.deepEqual(target.batches, ['a\nb\nc\n', 'd\n']);
  target.finish();
  await flushed;
});

test('a target that is slow costs lines, not memory, and the log says how many', async () => {
  const target = slowTarget();
  const sink = createLineSink(target, { limit: 10, gap: (count) => `${count} missing` });
  sink.write('first');
  await turn();
  for (const line of ['1234', '5678', 'lost', 'lost too', '']) sink.write(line);
  assert.equal(sink.dropped, 3);
  target.finish();
  await turn();
  sink.write('again');
  target.finish();
  await turn();
  assert.deepEqual(target.batches, ['first\n', '1234\n5678\n', '3 missing\nagain\n']);
});

test('lines that could not be written are counted, and those after them are tried', async () => {
  const target = slowTarget();
  const sink = createLineSink(target, { gap: (count) => `${count} missing` });
  sink.write('a');
  sink.write('b');
  await turn();
  target.finish(new Error('full'));
  await turn();
  sink.write('c');
  await turn();
  assert.deepEqual([target.batches.at(-1), sink.dropped], ['2 missing\nc\n', 2]);
});

test('closing writes what is left; what comes later is dropped', async () => {
  const stream = new PassThrough();
  const sink = createLineSink(streamTarget(stream));
  sink.write('last');
  await sink.close();
  sink.write('late');
  assert.deepEqual([String(stream.read()), sink.dropped, stream.writableEnded], ['last\n', 1, false]);
  const idle = createLineSink(streamTarget(stream));
  await idle.flush();
  await idle.close();
  assert.equal(stream.listenerCount('error'), 1, 'one server after the other may write to it');
});

test('a stream that broke, or breaks, ends nothing', async () => {
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const sink = createLineSink(streamTarget(broken));
  for (const line of ['a', 'b', 'c']) {
    sink.write(line);
    await sink.flush();
  }
  assert.equal(sink.dropped, 3);
});

test('a file is appended to, and made anew where it has been moved away', async (t) => {
  const path = join(folder(t), 'access.log');
  nodeFs.writeFileSync(path, 'old\n');
  const sink = createLineSink(fileTarget(path));
  sink.write('one');
  await sink.flush();
  nodeFs.renameSync(path, `${path}.1`);
  sink.write('two');
  await sink.flush();
  sink.reopen();
  sink.write('three');
  await sink.close();
  assert.equal(nodeFs.readFileSync(`${path}.1`, 'utf8'), 'old\none\ntwo\n');
  assert.equal(nodeFs.readFileSync(path, 'utf8'), 'three\n');
  assert.equal(nodeFs.statSync(path).mode & 0o077, 0o040 & ~process.umask());
});

test('a file that was moved away is noticed without being told', async (t) => {
  const path = join(folder(t), 'access.log');
  let time = 0;
  const sink = createLineSink(fileTarget(path, { monotonic: () => time }));
  const say = async (line: string): Promise<void> => {
    sink.write(line);
    await sink.flush();
  };
  nodeFs.renameSync(path, `${path}.1`);
  time = 999;
  await say('one');
  time = 1000;
  await say('two');
  nodeFs.rmSync(path);
  nodeFs.writeFileSync(path, 'of somebody else\n');
  time = 2000;
  await say('three');
  await sink.close();
  assert.equal(nodeFs.readFileSync(`${path}.1`, 'utf8'), 'one\n');
  assert.equal(nodeFs.readFileSync(path, 'utf8'), 'of somebody else\nthree\n');
});

test('a folder that is gone costs lines until it is there again', async (t) => {
  const logs = join(folder(t), 'logs');
  nodeFs.mkdirSync(logs);
  const sink = createLineSink(fileTarget(join(logs, 'a.log')), { gap: (count) => `${count} missing` });
  nodeFs.rmSync(logs, { recursive: true });
  sink.reopen();
  sink.write('lost');
  await sink.flush();
  nodeFs.mkdirSync(logs);
  sink.write('kept');
  await sink.close();
  assert.equal(nodeFs.readFileSync(join(logs, 'a.log'), 'utf8'), '1 missing\nkept\n');
  assert.throws(() => fileTarget(join(logs, 'none', 'a.log')), { code: 'ENOENT' });
});
