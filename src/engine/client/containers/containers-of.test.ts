import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, readAll } from '#bytes';
import { hasCode } from '#errors';
import type { ContainerSettings } from '../../api/containers.ts';
import { encodeFrame, MULTIPLEXED_STREAM_TYPE, RAW_STREAM_TYPE } from '../../api/raw-stream.ts';
import type { EngineConnection, EngineRequest } from '../connection.ts';
import { createEngine } from '../create-engine.ts';
import { eventually, startServer } from '../engine-server.test.fixture.ts';
import { execOf } from '../exec/exec-of.ts';
import { type FakeAnswer, type FakeConnection, fakeConnection } from '../fake-connection.test.fixture.ts';
import { requestTarget } from '../request-target.ts';
import { containersOf } from './containers-of.ts';

const STAT = { name: 'f', size: 3, mode: 384, mtime: '2026-11-21T05:15:15Z', linkTarget: '' };
const statHeader = (value: unknown): FakeAnswer['headers'] => ({
  'x-docker-container-path-stat': Buffer.from(JSON.stringify(value)).toString('base64'),
});

/** `POST /containers/web/stop?t=1`, and what was sent with it. */
function shown(request: EngineRequest | undefined): string {
  assert.ok(request !== undefined);
  const json = request.json === undefined ? '' : ` ${JSON.stringify(request.json)}`;
  return `${request.method} ${requestTarget(request, '', undefined)}${json}`;
}

type Call = (containers: ReturnType<typeof containersOf>, exec: ReturnType<typeof execOf>) => unknown;

const CALLS: readonly (readonly [Call, string, body?: string])[] = [
  [(c) => c.create({ Image: 'a' }), 'POST /containers/create {"Image":"a"}'],
  [
    (c) => c.create({ Image: 'a' }, { name: 'web', platform: 'linux/arm64' }),
    'POST /containers/create?name=web&platform=linux%2Farm64 {"Image":"a"}',
  ],
  [(c) => c.start('web'), 'POST /containers/web/start'],
  [(c) => c.start('/web', { detachKeys: 'ctrl-a,b' }), 'POST /containers/web/start?detachKeys=ctrl-a%2Cb'],
  [(c) => c.stop('web'), 'POST /containers/web/stop'],
  [(c) => c.stop('web', { timeout: 0, stopSignal: 'INT' }), 'POST /containers/web/stop?t=0&signal=INT'],
  [(c) => c.restart('web', { timeout: -1 }), 'POST /containers/web/restart?t=-1'],
  [(c) => c.kill('web'), 'POST /containers/web/kill'],
  [(c) => c.kill('web', { killSignal: 'HUP' }), 'POST /containers/web/kill?signal=HUP'],
  [(c) => c.pause('web'), 'POST /containers/web/pause'],
  [(c) => c.unpause('web'), 'POST /containers/web/unpause'],
  [(c) => c.rename('web', 'b&c'), 'POST /containers/web/rename?name=b%26c'],
  [(c) => c.resize('web', { rows: 24, columns: 80 }), 'POST /containers/web/resize?h=24&w=80'],
  [(c) => c.remove('web'), 'DELETE /containers/web'],
  [(c) => c.remove('web', { force: true, volumes: true }), 'DELETE /containers/web?force=1&v=1'],
  [(c) => c.list(), 'GET /containers/json', '[]'],
  [
    (c) => c.list({ all: true, limit: 3, size: true, filters: { name: ['main'] } }),
    'GET /containers/json?all=1&limit=3&size=1&filters=%7B%22name%22%3A%7B%22main%22%3Atrue%7D%7D',
    'null',
  ],
  [(c) => c.inspect('web'), 'GET /containers/web/json'],
  [(c) => c.inspect('web', { size: true }), 'GET /containers/web/json?size=1'],
  [(c) => c.top('web', { psArgs: 'aux -w' }), 'GET /containers/web/top?ps_args=aux%20-w'],
  [(c) => c.statsOnce('web'), 'GET /containers/web/stats?stream=0'],
  [(c) => c.changes('web'), 'GET /containers/web/changes', 'null'],
  [(c) => c.prune(), 'POST /containers/prune'],
  [
    (c) => c.prune({ filters: { until: ['1h'] } }),
    'POST /containers/prune?filters=%7B%22until%22%3A%7B%221h%22%3Atrue%7D%7D',
  ],
  [(c) => c.commit('web'), 'POST /commit?container=web'],
  [
    (c) =>
      c.commit('web', { repo: 'a/b', tag: '1', changes: ['CMD ["x"]', 'USER y'], pause: false, config: { User: 'z' } }),
    'POST /commit?container=web&repo=a%2Fb&tag=1&changes=CMD%20%5B%22x%22%5D&changes=USER%20y&pause=0 {"User":"z"}',
  ],
  [
    (c) => c.putArchive('web', bytesOf(Buffer.from('tar')), { path: '/tmp', noOverwriteDirNonDir: true }),
    'PUT /containers/web/archive?path=%2Ftmp&noOverwriteDirNonDir=1',
  ],
  [(c) => c.statArchive('web', '/a b'), 'HEAD /containers/web/archive?path=%2Fa%20b'],
  [(c) => c.getArchive('web', '/'), 'GET /containers/web/archive?path=%2F'],
  [(c) => c.wait('web'), 'POST /containers/web/wait', '{"StatusCode":0}'],
  [(c) => c.wait('web', { condition: 'removed' }), 'POST /containers/web/wait?condition=removed', '{"StatusCode":0}'],
  [(_, e) => e.create('web', { Cmd: ['ls'] }), 'POST /containers/web/exec {"Cmd":["ls"]}'],
  [(_, e) => e.startDetached('abc'), 'POST /exec/abc/start {"Detach":true,"Tty":false}'],
  [(_, e) => e.inspect('abc'), 'GET /exec/abc/json'],
  [(_, e) => e.resize('abc', { rows: 1, columns: 2 }), 'POST /exec/abc/resize?h=1&w=2'],
];

const made = (connection: EngineConnection) => [containersOf(connection), execOf(connection)] as const;

test('each call is the request that docker makes', async () => {
  for (const [call, request, body = '{}'] of CALLS) {
    const connection = fakeConnection(() => ({ body, headers: statHeader(STAT) }));
    await call(...made(connection));
    assert.equal(shown(connection.requests[0]).replace(/%20|\+/g, '%20'), request);
    assert.equal(connection.requests.length, 1);
  }
});

test('options that the engine is too old for are refused, not passed over', async () => {
  const connection = fakeConnection(undefined, '1.40');
  const [containers] = made(connection);
  await assert.rejects(containers.create({ Image: 'a' }, { platform: 'linux/arm64' }), { code: 'UNSUPPORTED' });
  await assert.rejects(containers.stop('web', { stopSignal: 'INT' }), { code: 'UNSUPPORTED' });
  assert.deepEqual(connection.requests, []);
  const [older] = made(fakeConnection(undefined, '1.29'));
  await assert.rejects(older.wait('web', { condition: 'removed' }), { code: 'UNSUPPORTED' });
});

test('a name can be nothing but a name', async () => {
  const connection = fakeConnection();
  const [containers, exec] = made(connection);
  for (const name of ['', '/', '.', '/..', 'a/b', 'a/../b', '//a'])
    await assert.rejects(containers.start(name), { code: 'INVALID_OPTION' });
  for (const id of ['', '..', 'a/b', 'a?b', 'a\r\nb'])
    await assert.rejects(exec.inspect(id), { code: 'INVALID_OPTION' });
  assert.deepEqual(connection.requests, []);
  await containers.start('b?c#d\r\n%2f');
  assert.equal(shown(connection.requests[0]), 'POST /containers/b%3Fc%23d%0D%0A%252f/start');
});

test('answers of another shape are refused', async () => {
  const bad = (body: string): FakeConnection => fakeConnection(() => ({ body }));
  for (const body of ['[]', 'null', '3']) {
    await assert.rejects(containersOf(bad(body)).inspect('web'), { code: 'BAD_RESPONSE' });
  }
  for (const body of ['{}', '[3]', '"x"']) {
    await assert.rejects(containersOf(bad(body)).list(), { code: 'BAD_RESPONSE' });
  }
  for (const [body, code] of [
    ['{}', 'BAD_RESPONSE'],
    ['[', 'BAD_RESPONSE'],
    ['', 'CONNECTION_LOST'],
    ['\n', 'CONNECTION_LOST'],
  ] as const) {
    const waiting = containersOf(bad(body)).wait('web');
    await waiting.ready;
    await assert.rejects(waiting, { code });
  }
  const long = containersOf(bad('x'.repeat(70_000))).wait('web');
  await assert.rejects(long, { code: 'TOO_LARGE' });
});

test('a wait that is refused rejects in both ways, and nobody has to hear of it', async () => {
  const connection = fakeConnection(() => ({ status: 404, body: 'No such container: web' }));
  const waiting = containersOf(connection).wait('web');
  await assert.rejects(waiting.ready, { code: 'NOT_FOUND' });
  await assert.rejects(waiting, { code: 'NOT_FOUND' });
  void containersOf(connection).wait('web');
  await new Promise(setImmediate);
});

test('a file of a container: what it is, and its tar', async () => {
  const connection = fakeConnection(() => ({ body: 'tar', headers: statHeader(STAT) }));
  const [containers] = made(connection);
  const { stat, tar } = await containers.getArchive('web', '/f');
  assert.deepEqual(stat, STAT);
  assert.equal(Buffer.from(await readAll(tar, 100, 'it')).toString(), 'tar');
  const headers = [{}, { 'x-docker-container-path-stat': '%%' }, statHeader(null), statHeader({ ...STAT, size: '3' })];
  for (const header of headers) {
    const other = fakeConnection(() => ({ body: 'tar', ...(header !== undefined && { headers: header }) }));
    await assert.rejects(containersOf(other).getArchive('web', '/f'), { code: 'BAD_RESPONSE' });
    await assert.rejects(containersOf(other).statArchive('web', '/f'), { code: 'BAD_RESPONSE' });
  }
});

test('logs: frames, or what a terminal has said; times as the engine reads them', async () => {
  const body = encodeFrame('stderr', Buffer.from('bad')).toString('latin1');
  const cases = [
    [MULTIPLEXED_STREAM_TYPE, '1.51', false, 'stderr:bad'],
    [RAW_STREAM_TYPE, '1.51', true, `stdout:${body}`],
    [RAW_STREAM_TYPE, '1.41', true, `stdout:${body}`],
    ['', '1.24', false, 'stderr:bad'],
  ] as const;
  for (const [type, version, Tty, expected] of cases) {
    const answer = ({ path }: EngineRequest): FakeAnswer =>
      path.endsWith('/json')
        ? { body: JSON.stringify({ Config: { Tty } }) }
        : { body, headers: { 'content-type': type } };
    const connection = fakeConnection(answer, version);
    const heard: string[] = [];
    const since = new Date('2026-11-21T05:16:34.736Z');
    for await (const { stream, bytes } of containersOf(connection).logs('web', {
      follow: true,
      tail: 2,
      since,
      until: 5,
    })) {
      heard.push(`${stream}:${Buffer.from(bytes).toString('latin1')}`);
    }
    assert.deepEqual(heard, [expected]);
    const query = 'follow=1&stdout=1&stderr=1&tail=2&since=1795238194.736&until=5';
    assert.equal(shown(connection.requests[0]), `GET /containers/web/logs?${query}`);
    assert.equal(connection.requests[0]?.timeout, false);
  }
  const bad = containersOf(fakeConnection()).logs('web', { since: 'yesterday' });
  await assert.rejects(bad.next(), { code: 'INVALID_OPTION', message: /yesterday/ });
  const text = fakeConnection(() => ({ body: '' }));
  await containersOf(text).logs('web', { until: '2026-11-21T05:16:34Z' }).next();
  assert.match(shown(text.requests[0]), /&until=1795238194$/);
});

test('logs: nothing is asked for before they are read; leaving ends the request, also while nothing comes', async () => {
  const connection = fakeConnection();
  const silent: EngineConnection = {
    ...connection,
    send: ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('left')));
      }),
  };
  containersOf(connection).logs('web');
  assert.deepEqual(connection.requests, []);
  const logs = containersOf(silent).logs('web', { follow: true });
  const next = logs.next();
  const left = logs.return?.();
  await assert.rejects(next, { message: 'left' });
  await left;
  const stop = new AbortController();
  const reading = containersOf(silent).logs('web', { signal: stop.signal }).next();
  await new Promise(setImmediate);
  stop.abort();
  await assert.rejects(reading, { message: 'left' });
  await assert.rejects(containersOf(silent).logs('web', { signal: AbortSignal.abort() }).next(), (error) =>
    hasCode(error, 'CANCELLED'),
  );
});

test('settings are as docker spells them, and what is misspelt does not compile', async () => {
  const connection = fakeConnection(({ path }) => ({
    body: JSON.stringify(path.endsWith('/json') ? { Config: { Cmd: ['a'], New: 1 }, HostConfig: { Memory: 5 } } : {}),
  }));
  const [containers, exec] = made(connection);
  const settings: ContainerSettings = {
    Image: 'a',
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9 },
    HostConfig: {
      Mounts: [{ Type: 'volume', Source: 'data', Target: '/data', VolumeOptions: { NoCopy: true } }],
      PortBindings: { '80/tcp': [{}] },
      DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }],
      PidsLimit: 100,
    },
    NetworkingConfig: { EndpointsConfig: { web: { Aliases: ['db'] } } },
  };
  await containers.create(settings);
  assert.deepEqual(connection.requests[0]?.json, settings);
  // @ts-expect-error -- docker would pass over it
  await containers.create({ Image: 'a', Hostconfig: {} });
  // @ts-expect-error -- the same, further in
  await containers.create({ Image: 'a', HostConfig: { Memoryswap: 1 } });
  await exec.create('web', { Cmd: ['a'], Tty: true, ConsoleSize: [24, 80] });
  // What an engine says of one container makes another.
  const { Config, HostConfig } = await containers.inspect('web');
  await containers.create({ ...Config, Image: 'b', HostConfig });
  assert.deepEqual(connection.requests.at(-1)?.json, { Cmd: ['a'], New: 1, Image: 'b', HostConfig: { Memory: 5 } });
});

test('what counts sizes is not hurried', async () => {
  const timeouts: (boolean | undefined)[] = [];
  for (const size of [true, false]) {
    const connection = fakeConnection(({ path }) => ({ body: path === '/containers/json' ? '[]' : '{}' }));
    const [containers] = made(connection);
    await containers.list({ size });
    await containers.inspect('web', { size });
    timeouts.push(...connection.requests.map(({ timeout }) => timeout));
  }
  assert.deepEqual(timeouts, [false, false, true, true]);
});

test('a file whose answer cannot be understood holds no connection', async (t) => {
  const server = await startServer(t, (_, response) => void response.write('tar'));
  const { containers } = createEngine({ host: server.host, version: '1.51' });
  await assert.rejects(containers.getArchive('web', '/f'), { code: 'BAD_RESPONSE' });
  await eventually(() => server.sockets[0]?.destroyed === true);
});

test('stats come one after the other', async () => {
  const connection = fakeConnection(() => ({ body: '{"read":"1"}\n{"read":"2"}\n' }));
  const reads: string[] = [];
  for await (const { read } of containersOf(connection).stats('web')) reads.push(read);
  assert.deepEqual(reads, ['1', '2']);
  assert.equal(shown(connection.requests[0]), 'GET /containers/web/stats?stream=1');
});
