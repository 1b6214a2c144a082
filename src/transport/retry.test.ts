import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelled, DrayError, type ErrorCode } from '#errors';
import type { RequestRetry } from '#progress';
import type { Clock } from '#timing';
import { type Canned, type CannedTransport, cannedTransport } from './fixtures/canned.test.fixture.ts';
import { failsWith } from './fixtures/scene.test.fixture.ts';
import { retrying } from './retry.ts';
import type { HttpRequest, HttpResponse, Transport } from './types.ts';

interface Run {
  readonly canned: CannedTransport;
  readonly slept: readonly number[];
  readonly events: readonly RequestRetry[];
  send(request?: Partial<HttpRequest>): Promise<HttpResponse>;
}

/** A transport that gives `answers` one after the other, the last one for ever; each takes `takes` milliseconds. */
function run(answers: readonly (Canned | ErrorCode | DrayError)[], { retries = 5, takes = 0 } = {}): Run {
  const slept: number[] = [];
  const events: RequestRetry[] = [];
  let now = Date.UTC(2030, 0, 1);
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) => {
      if (signal?.aborted === true) return Promise.reject(cancelled(signal));
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
  const canned = cannedTransport((_request, at) => {
    now += takes;
    const answer = answers[Math.min(at, answers.length - 1)];
    if (typeof answer === 'string') throw new DrayError(answer, `failed with ${answer}`);
    if (answer === undefined || answer instanceof DrayError) throw answer ?? new Error('no answer');
    return answer;
  });
  const send = retrying({ retries, clock, random: () => 0 })(canned.send);
  const request: HttpRequest = {
    method: 'GET',
    url: new URL('https://r.example/v2/?secret'),
    onEvent: (event) => event.kind === 'request-retry' && events.push(event),
  };
  return { canned, slept, events, send: (more) => send({ ...request, ...more }) };
}

test('failures that may pass are tried again, with a growing wait and an event each', async () => {
  const { canned, slept, events, send } = run([
    'CONNECTION_LOST',
    { status: 503 },
    { status: 429 },
    'STALLED',
    { status: 200 },
  ]);
  assert.equal((await send()).status, 200);
  assert.equal(canned.requests.length, 5);
  assert.deepEqual(slept, [250, 500, 1000, 2000]);
  assert.equal(canned.discarded(), 2);
  assert.deepEqual(
    events.map(({ attempt, delay, request }) => [attempt, delay, request]),
    [1, 2, 3, 4].map((attempt) => [attempt, 125 * 2 ** attempt, 'GET https://r.example/v2/']),
  );
  assert.match(events[0]?.reason ?? '', /CONNECTION_LOST/);
  assert.match(events[1]?.reason ?? '', /status 503/);
});

test('the last try ends when patience does', async () => {
  let now = 0;
  const sleep = async (): Promise<void> => {
    now = 89_950;
  };
  let asked = 0;
  const silent: Transport = ({ signal }) =>
    new Promise((_resolve, reject) => {
      asked += 1;
      if (asked === 1) return reject(new DrayError('STALLED', 'no complete answer came within 30 s'));
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const send = retrying({ retries: 5, clock: { now: () => 0, monotonic: () => now, sleep } })(silent);
  const started = performance.now();
  const sent = send({ method: 'GET', url: new URL('https://r.example/v2/') });
  await assert.rejects(sent, failsWith('STALLED', /within 90 s, however often/));
  assert.ok(performance.now() - started < 10_000);
});

test('which statuses may pass', async () => {
  for (const status of [408, 429, 499, 500, 502, 503, 504, 522]) {
    const { canned, send } = run([{ status }, { status: 200 }]);
    assert.equal((await send()).status, 200, String(status));
    assert.equal(canned.requests.length, 2);
  }
  for (const status of [200, 206, 301, 304, 400, 401, 403, 404, 405, 416, 418, 501, 505]) {
    const { canned, send } = run([{ status }]);
    assert.equal((await send()).status, status);
    assert.equal(canned.requests.length, 1);
  }
});

test('which errors may pass', async () => {
  for (const code of ['CONNECT_FAILED', 'CONNECTION_LOST', 'STALLED'] as const) {
    const { canned, send } = run([code, { status: 200 }]);
    await send();
    assert.equal(canned.requests.length, 2, code);
  }
  for (const code of [
    'TLS_FAILED',
    'BAD_RESPONSE',
    'REDIRECT_REFUSED',
    'CANCELLED',
    'INVALID_OPTION',
    'BUSY',
  ] as const) {
    const { canned, send } = run([code]);
    await assert.rejects(send(), failsWith(code, /failed with/));
    assert.equal(canned.requests.length, 1, code);
  }
  const { canned, send } = run([]);
  await assert.rejects(send(), /no answer/);
  assert.equal(canned.requests.length, 1);
});

test('after the last try the last answer is handed out, unread, or the last error thrown', async () => {
  const answered = run([{ status: 500 }, { status: 503 }], { retries: 3 });
  assert.equal((await answered.send()).status, 503);
  assert.equal(answered.canned.requests.length, 4);
  assert.equal(answered.canned.discarded(), 3);
  const failed = run(['CONNECTION_LOST', 'STALLED'], { retries: 1 });
  await assert.rejects(failed.send(), failsWith('STALLED', /failed/));
  assert.equal(failed.canned.requests.length, 2);
  const never = run([{ status: 500 }], { retries: 0 });
  assert.equal((await never.send()).status, 500);
  assert.deepEqual(never.slept, []);
});

test('Retry-After is waited for, as seconds and as a date', async () => {
  for (const [header, wait] of [
    ['7', 7000],
    ['60', 60_000],
    ['0', 250],
    ['Tue, 01 Jan 2030 00:00:30 GMT', 30_000],
    ['Mon, 01 Jan 2029 00:00:00 GMT', 250],
    ['soon', 250],
    ['-5', 250],
    ['', 250],
  ] as const) {
    const { slept, send } = run([{ status: 503, headers: { 'retry-after': header } }, { status: 200 }]);
    await send();
    assert.deepEqual(slept, [wait], header);
  }
});

test('a Retry-After over 60 s is an error at once that says how long', async () => {
  for (const [status, code, header] of [
    [429, 'TOO_MANY_REQUESTS', '61'],
    [500, 'SERVER_FAILED', '99999999999'],
    [503, 'SERVER_FAILED', 'Tue, 01 Jan 2030 01:00:00 GMT'],
  ] as const) {
    const { canned, slept, send } = run([{ status, headers: { 'retry-after': header } }]);
    await assert.rejects(send(), failsWith(code, /asks to wait (61|3600|99999999999) s/, { status }));
    assert.deepEqual(slept, []);
    assert.equal(canned.discarded(), 1);
  }
});

test('after 90 s without success it ends with what came last', async () => {
  const slow = run(['STALLED'], { retries: 50, takes: 30_000 });
  await assert.rejects(slow.send(), failsWith('STALLED', /failed/));
  assert.equal(slow.canned.requests.length, 3);
  const waiting = run([{ status: 503, headers: { 'retry-after': '40' } }], { retries: 50 });
  assert.equal((await waiting.send()).status, 503);
  assert.deepEqual(waiting.slept, [40_000, 40_000]);
});

test('a PATCH is never sent twice; the other methods are', async () => {
  for (const [method, times] of [
    ['PATCH', 1],
    ['POST', 2],
    ['PUT', 2],
    ['DELETE', 2],
    ['HEAD', 2],
  ] as const) {
    const { canned, send } = run([{ status: 500 }, { status: 200 }]);
    await send({ method, body: () => Buffer.from('x') });
    assert.equal(canned.requests.length, times, method);
  }
});

test('a definite refusal is final, unless the host has answered before', async () => {
  const refused = new DrayError('CONNECT_FAILED', 'refused the connection', { detail: { definite: true } });
  const stranger = run([refused]);
  await assert.rejects(stranger.send(), failsWith('CONNECT_FAILED', /refused/));
  assert.equal(stranger.canned.requests.length, 1);
  const restarted = run([{ status: 200 }, refused, { status: 200 }]);
  await restarted.send();
  assert.equal((await restarted.send()).status, 200);
  assert.equal(restarted.canned.requests.length, 3);
});

test('an abort ends the waiting', async () => {
  const controller = new AbortController();
  const { canned, send } = run([{ status: 503 }]);
  const sending = send({
    signal: controller.signal,
    onEvent: () => controller.abort(),
  });
  await assert.rejects(sending, failsWith('CANCELLED', /cancelled/));
  assert.equal(canned.requests.length, 1);
});
