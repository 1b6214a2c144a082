import assert from 'node:assert/strict';
import nodeFs from 'node:fs';
import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Clock } from '#timing';
import { createTransport } from '#transport';
import type { Page } from '../../api/options.ts';
import { ApiError } from '../../http/api-error.ts';
import { Exchange } from '../../http/exchange.ts';
import type { ServerLog } from '../log/server-log.ts';
import { createHealth, type Health } from './health.ts';
import type { HealthCheck } from './health-check.ts';
import { fileCheck, httpCheck, tcpCheck } from './outside-checks.ts';
import { diskCheck, storageCheck } from './storage-checks.ts';

/** Time stands still but for what the test says; whoever sleeps waits for `wake`. */
function heldClock(): Clock & { now(): number; pass(ms: number): void; wake(): void } {
  let time = 0;
  let sleepers: (() => void)[] = [];
  return {
    now: () => time,
    monotonic: () => time,
    pass: (ms) => void (time += ms),
    wake: () => {
      for (const sleeper of sleepers.splice(0)) sleeper();
    },
    sleep: async (_ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('cancelled')));
        sleepers = [...sleepers, resolve];
      }),
  };
}

function folder(t: TestContext): string {
  const path = nodeFs.mkdtempSync(join(tmpdir(), 'dray-health-'));
  t.after(() => nodeFs.rmSync(path, { recursive: true, force: true }));
  return path;
}

/** What a page answers, through a real exchange. */
async function ask(
  page: Page | undefined,
  method = 'GET',
): Promise<{ readonly status: number; readonly body: unknown }> {
  const message = { method, url: '/x', headers: {}, socket: {} } as IncomingMessage;
  const response = new ServerResponse(message);
  let body = '';
  response.end = ((text: string | undefined) => {
    body = text ?? '';
    return response;
  }) as never;
  await (page ?? assert.fail('no such page'))(new Exchange(message, response, undefined));
  return { status: response.statusCode, body: body === '' ? undefined : (JSON.parse(body) as unknown) };
}

const ready = async (health: Health): Promise<unknown> => ask(health.pages.get('/readyz'));

test('it is alive always, and ready between its start and its end', async () => {
  const health = createHealth();
  assert.deepEqual(await ready(health), { status: 503, body: { status: 'starting', checks: {} } });
  health.become('serving');
  assert.deepEqual(await ready(health), { status: 200, body: { status: 'ready', checks: {} } });
  health.become('draining');
  assert.deepEqual(await ready(health), { status: 503, body: { status: 'draining', checks: {} } });
  for (const path of ['/healthz', '/livez']) {
    assert.deepEqual(await ask(health.pages.get(path)), { status: 200, body: { status: 'alive' } });
  }
  assert.deepEqual(await ask(health.pages.get('/readyz'), 'HEAD'), { status: 503, body: undefined });
  for (const page of [...health.pages.values(), ...health.debugPages.values()]) {
    await assert.rejects(
      async () => ask(page, 'POST'),
      (error) => error instanceof ApiError && error.status === 405,
    );
  }
});

test('a check that fails is named, in its own words', async () => {
  const checks: readonly HealthCheck[] = [
    { name: 'good', check: async () => undefined },
    { name: 'bad', check: async () => 'it is broken' },
    { name: 'odd', check: async () => assert.fail('/secret/path') },
  ];
  const health = createHealth({ checks });
  health.become('serving');
  const bad = { status: 'failing', message: 'it is broken' };
  const odd = { status: 'failing', message: 'it failed' };
  assert.deepEqual(await ready(health), {
    status: 503,
    body: { status: 'failing', checks: { good: { status: 'ok' }, bad, odd } },
  });
  assert.deepEqual(await ask(health.debugPages.get('/debug/health')), {
    status: 503,
    body: { bad: 'it is broken', odd: 'it failed' },
  });
  const fine = createHealth({ checks: checks.slice(0, 1) });
  assert.deepEqual(await ask(fine.debugPages.get('/debug/health')), { status: 200, body: {} });
});

test('a check runs once for many who ask, and holds for a while', async () => {
  const clock = heldClock();
  let runs = 0;
  const health = createHealth({
    clock,
    checks: [{ name: 'a', interval: 100, check: async () => String((runs += 1)) }],
  });
  const message = async (): Promise<string | undefined> => (await health.report()).checks['a']?.message;
  assert.deepEqual(await Promise.all([message(), message(), message()]), ['1', '1', '1']);
  clock.pass(99);
  assert.equal(await message(), '1');
  clock.pass(1);
  assert.equal(await message(), '2');
});

test('only so many failures in a row count, and both turns are told once', async () => {
  const clock = heldClock();
  const told: string[] = [];
  const log = {
    warn: (text: string, fields: object) => told.push(`${text} ${JSON.stringify(fields)}`),
    info: (text: string) => told.push(text),
  } as unknown as ServerLog;
  let answers: (string | undefined)[] = ['x', 'x', undefined, 'x', 'x', 'x', 'x', undefined, undefined];
  const check: HealthCheck = { name: 'a', interval: 1, threshold: 3, check: async () => answers.shift() };
  const health = createHealth({ clock, log, checks: [check] });
  const found: (string | undefined)[] = [];
  for (const _ of [...answers]) {
    found.push((await health.report()).checks['a']?.status);
    clock.pass(1);
  }
  assert.deepEqual(found.join(' '), 'ok ok ok ok ok failing failing ok ok');
  assert.deepEqual(told, ['a health check fails {"check":"a","fault":"x"}', 'a health check holds again']);
  answers = [];
});

test('a check that hangs has failed after its time, is told to stop, and nothing is added to it', async () => {
  const clock = heldClock();
  const stopped: boolean[] = [];
  let letGo = (): void => {};
  const check: HealthCheck = {
    name: 'a',
    interval: 1,
    check: async ({ signal }) => {
      signal.addEventListener('abort', () => stopped.push(true));
      return new Promise((resolve) => (letGo = () => resolve(undefined)));
    },
  };
  const health = createHealth({ clock, checks: [check] });
  const first = health.report();
  await new Promise((resolve) => setImmediate(resolve));
  clock.wake();
  const late = { a: { status: 'failing', message: 'it gave no answer in time' } };
  assert.deepEqual((await first).checks, late);
  clock.pass(1);
  assert.deepEqual((await health.report()).checks, late, 'at once: it still hangs');
  assert.deepEqual(stopped, [true]);
  letGo();
  await new Promise((resolve) => setImmediate(resolve));
  clock.pass(1);
  const again = health.report();
  await new Promise((resolve) => setImmediate(resolve));
  letGo();
  assert.deepEqual((await again).checks, { a: { status: 'ok' } });
});

const signal = new AbortController().signal;

test('a storage is healthy where a file can be made, and is left as it was', async (t) => {
  const root = folder(t);
  const check = storageCheck(root);
  assert.equal(await check.check({ signal }), undefined);
  assert.equal(await check.check({ signal }), undefined);
  assert.deepEqual(nodeFs.readdirSync(join(root, 'dray', 'tmp')), []);
  const gone = storageCheck(join(root, 'not', 'mounted'));
  assert.equal(await gone.check({ signal }), 'it cannot be written (ENOENT)');
  assert.deepEqual(nodeFs.readdirSync(root), ['dray']);
  nodeFs.writeFileSync(join(root, 'file'), '');
  assert.equal(await storageCheck(join(root, 'file')).check({ signal }), 'it cannot be written (ENOTDIR)');
});

test('a disk must have what was asked for', async (t) => {
  const root = folder(t);
  assert.equal(await diskCheck(root, 1).check({ signal }), undefined);
  assert.match(
    (await diskCheck(root, Number.MAX_SAFE_INTEGER).check({ signal })) ?? '',
    /^\d+ bytes are free, less than 9007199254740991$/,
  );
  assert.equal(await diskCheck(join(root, 'none'), 1).check({ signal }), 'it cannot be asked (ENOENT)');
});

test('files, ports and pages of others can be checked too', async (t) => {
  const file = join(folder(t), 'down');
  const isDown = fileCheck('file', file);
  assert.equal(await isDown.check({ signal }), undefined);
  nodeFs.writeFileSync(file, '');
  assert.equal(await isDown.check({ signal }), 'file exists');

  const server = createServer((request, response) => {
    response.writeHead(request.method === 'HEAD' && request.url === '/good' ? 200 : 302, { location: '/good' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createTransport({});
  t.after(() => client.close());
  const { port } = server.address() as AddressInfo;
  const http = async (path: string, status?: number): Promise<string | undefined> =>
    httpCheck('http', { url: new URL(`http://127.0.0.1:${port}${path}`), send: client.send, status }).check({ signal });
  assert.equal(await http('/good'), undefined);
  assert.equal(await http('/moved'), 'it answered 302, not 200');
  assert.equal(await http('/moved', 302), undefined);
  const tcp = tcpCheck('tcp', { host: '127.0.0.1', port });
  assert.equal(await tcp.check({ signal }), undefined);
  client.close();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  assert.equal(await tcp.check({ signal }), 'it cannot be reached');
  assert.equal(await http('/good'), 'it cannot be reached');
});
