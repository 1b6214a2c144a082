import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createServerLog, type ServerLogOptions } from './create-server-log.ts';
import { createLineSink } from './line-sink.ts';
import { streamTarget } from './line-targets.ts';
import { type ServerLog, silentLog } from './server-log.ts';

const clock = { now: () => Date.UTC(2026, 10, 21, 15, 47, 21, 924) };

async function said(options: Omit<ServerLogOptions, 'sink'>, say: (log: ServerLog) => void): Promise<string> {
  const stream = new PassThrough();
  const sink = createLineSink(streamTarget(stream));
  say(createServerLog({ clock, ...options, sink }));
  await sink.close();
  return String(stream.read() ?? '');
}

const hello = (log: ServerLog): void =>
  log.with({ service: 'registry' }).warn('it\nis "so"', { n: 3, on: true, no: undefined });

test('the formatters are those of distribution', async () => {
  assert.equal(
    await said({}, hello),
    'time="2026-11-21T15:47:21.924Z" level=warning msg="it\\nis \\"so\\"" service=registry n=3 on=true\n',
  );
  assert.equal(
    await said({ format: 'json', fields: { instance: 'a b' } }, hello),
    '{"instance":"a b","service":"registry","n":3,"on":true,"level":"warning","msg":"it\\nis \\"so\\"","time":"2026-11-21T15:47:21.924Z"}\n',
  );
  assert.deepEqual(JSON.parse(await said({ format: 'logstash' }, hello)), {
    '@timestamp': '2026-11-21T15:47:21.924Z',
    '@version': '1',
    level: 'warning',
    message: 'it\nis "so"',
    service: 'registry',
    n: 3,
    on: true,
  });
});

test('levels below the one asked for say nothing', async () => {
  const all = (log: ServerLog): void => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level);
  };
  const levels = async (options: Omit<ServerLogOptions, 'sink'>): Promise<readonly string[]> =>
    [...(await said(options, all)).matchAll(/level=(\w+)/g)].map(([, name = '']) => name);
  assert.deepEqual(await levels({ level: 'debug' }), ['debug', 'info', 'warning', 'error']);
  assert.deepEqual(await levels({}), ['info', 'warning', 'error']);
  assert.deepEqual(await levels({ level: 'error' }), ['error']);
  all(silentLog.with({ a: 1 }));
});
