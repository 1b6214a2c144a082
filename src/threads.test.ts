import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { CarryJob } from '#content';
import { hasCode } from '#errors';
import { createThreads, type Threads } from './threads.ts';

const job: CarryJob = { source: {}, loan: {}, role: 'layer', retries: 0 };
const opened: Threads[] = [];

after(() => Promise.all(opened.map((threads) => threads.close())));

/** Threads that run `code`, which sees `port`. */
function start(code: string, count = 1): Threads {
  const script = new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort as port } from 'node:worker_threads'; ${code}`)}`,
  );
  const threads = createThreads({ script, argv: [], count });
  opened.push(threads);
  return threads;
}

/** Gives this thread so much to do that whatever comes next is another's. */
function occupy(threads: Threads): void {
  assert.equal(threads.assign(2 ** 30).carry, undefined);
}

const NOTICE = `{ kind: 'notice', text: 'hello' }`;

describe('threads', { timeout: 20_000 }, () => {
  test('a thread that ends gives its work back, and gets no more', async () => {
    const threads = start('port.once("message", () => process.exit());');
    occupy(threads);
    const { carry } = threads.assign(1);
    assert.ok(carry !== undefined);
    await assert.rejects(carry(job, {}), (e) => hasCode(e, 'BUSY'));
    // One that was chosen before it ended is not waited for.
    await assert.rejects(carry(job, {}), (e) => hasCode(e, 'BUSY'));
    assert.equal(threads.assign(1).carry, undefined);
  });

  test('the others go on when one has ended', async () => {
    const threads = start(
      `port.on('message', ({ id, job }) => job.retries === 1 ? process.exit() : port.postMessage({ kind: 'done', id }));`,
      2,
    );
    occupy(threads);
    const first = threads.assign(1);
    await assert.rejects(
      async () => first.carry?.({ ...job, retries: 1 }, {}),
      (e) => hasCode(e, 'BUSY'),
    );
    first.done();
    const next = threads.assign(1);
    assert.ok(next.carry !== undefined);
    await next.carry(job, {});
  });

  test('what a listener throws ends its job, once the thread has let go of it', async () => {
    const threads = start(`port.on('message', ({ kind, id }) => {
      if (kind === 'carry') for (let i = 0; i < 3; i += 1) port.postMessage({ kind: 'event', id, event: ${NOTICE} });
      else port.postMessage({ kind: 'failed', id, error: { code: 'CANCELLED', message: 'cancelled', detail: {} } });
    });`);
    occupy(threads);
    let calls = 0;
    const failure = new Error('the listener');
    const onEvent = (): void => {
      calls += 1;
      throw failure;
    };
    await assert.rejects(async () => threads.assign(1).carry?.(job, { onEvent }), failure);
    assert.equal(calls, 1);
  });
});
