import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { ARCHIVE_SHAPES, buildImage, neverAnswer, startRegistry } from 'dray/testing';
import { atEnd } from '../interop/cleanup.ts';
import { COMMAND, makeFolder } from '../interop/run.ts';
import { until } from './besieged-engine.ts';

interface Running {
  readonly child: ChildProcess;
  readonly socketPath: string;
  /** What it has printed on stderr. */
  err(): string;
  /** Resolves with the status. */
  readonly ended: Promise<number | null>;
}

/** An engine that answers, started by bash, in an environment that has no home and nothing else; `redirect` is bash's. */
async function start(redirect = ''): Promise<Running> {
  const folder = makeFolder();
  const socketPath = join(folder, 'e.sock');
  const words = [COMMAND, 'engine', '--listen', `unix://${socketPath}`, '--root', join(folder, 'store')];
  const line = `exec '${process.execPath}' ${words.map((word) => `'${word}'`).join(' ')} ${redirect}`;
  const child = spawn('/bin/bash', ['-c', line], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  atEnd(() => void child.kill('SIGKILL'));
  let text = '';
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  const ended = once(child, 'close').then(([status]) => status as number | null);
  await until(
    () => isAnswered(socketPath),
    () => `it does not come up: ${text}`,
  );
  return { child, socketPath, err: () => text, ended };
}

/** A socket is there a moment before anybody listens on it. */
async function isAnswered(socketPath: string): Promise<boolean> {
  return send(socketPath, 'GET', '/_ping').then(
    ({ statusCode }) => statusCode === 200,
    () => false,
  );
}

async function send(
  socketPath: string,
  method: string,
  path: string,
  body: string | Uint8Array = '',
): Promise<IncomingMessage> {
  const sent = request({ socketPath, method, path, agent: false }).end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.on('error', () => {});
  return method === 'GET' && path.startsWith('/images/get') ? answer.pause() : answer.resume();
}

it('what is under way when it is told to end is brought to its end, and its socket goes', async () => {
  const { child, socketPath, ended, err } = await start();
  const image = buildImage({ layers: [{ fill: 8 << 20, seed: 'saved' }] });
  const archive = ARCHIVE_SHAPES['docker 25, both at once']?.([{ image, names: ['saved:1'] }]) ?? '';
  await once(await send(socketPath, 'POST', '/images/load', archive), 'close');
  const saving = await send(socketPath, 'GET', '/images/get?names=saved:1');
  child.kill('SIGTERM');
  await until(
    () => !existsSync(socketPath),
    () => 'its socket stays',
  );
  let bytes = 0;
  for await (const chunk of saving as AsyncIterable<Buffer>) bytes += chunk.length;
  assert.ok(saving.complete && bytes > 8 << 20, `${bytes} bytes came`);
  assert.equal(await ended, 0);
  assert.doesNotMatch(err(), /cut off$/m);
});

it('what does not end is cut off by the second signal, which is told', async () => {
  const { child, socketPath, ended, err } = await start();
  const registry = await startRegistry({
    images: { 'app:1': buildImage() },
    faults: [neverAnswer({ kind: 'blob', after: 1 })],
  });
  atEnd(() => registry.close());
  const pulling = await send(socketPath, 'POST', `/images/create?fromImage=${registry.host}/app&tag=1`);
  child.kill('SIGINT');
  await until(
    () => err().includes('Waiting for requests that are under way'),
    () => err(),
  );
  child.kill('SIGINT');
  assert.equal(await ended, 0);
  assert.match(err(), /^Waiting for .*\nWARNING: 1 request was cut off\n$/);
  assert.equal(pulling.complete, false);
});

for (const redirect of ['<&- >&- 2>&-', '> >(head -n 1 > /dev/null)', '2> >(true)'])
  it(`works without a home and a terminal, and when hung up: ${redirect}`, async () => {
    const { child, socketPath, ended } = await start(redirect);
    child.kill('SIGHUP');
    for (const path of ['/info', '/images/json', '/system/df']) {
      assert.equal((await send(socketPath, 'GET', path)).statusCode, 200, path);
    }
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    assert.ok(!existsSync(socketPath));
  });
