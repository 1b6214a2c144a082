import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { ARCHIVE_SHAPES, buildImage } from '#testing';
import { startTestEngine, type TestEngine } from '../engine.test.fixture.ts';

const ask = (line: string, more = ''): string => `${line} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const EVENTS = ask('GET /events');

/** Sends requests ahead of their answers; all that comes until the connection ends. */
async function pipelined(engine: TestEngine, requests: string): Promise<string> {
  const socket = connect(engine.socket).pause();
  socket.on('error', () => {});
  socket.write(requests);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

async function listeners(engine: TestEngine): Promise<number> {
  return ((await engine.ask('GET', '/info')).json() as { NEventsListener: number }).NEventsListener;
}

async function listening(engine: TestEngine, requests: string): Promise<Socket> {
  const socket = connect(engine.socket);
  socket
    .on('error', () => {})
    .resume()
    .write(requests);
  while ((await listeners(engine)) === 0) continue;
  return socket;
}

test('requests that are sent ahead are answered in order, and see what earlier ones have done', async (t) => {
  const engine = await startTestEngine(t);
  const body = ARCHIVE_SHAPES['docker 25, both at once']?.([{ image: buildImage(), names: ['app:1'] }]);
  assert.equal((await engine.ask('POST', '/images/load', { body: body ?? '' })).status, 200);
  const rounds = Array.from({ length: 20 }, (_, index) => [
    ask(`POST /images/app:1/tag?repo=new&tag=${index}`, 'Content-Length: 0\r\n'),
    ask(`GET /images/new:${index}/json`),
    ask(`DELETE /images/new:${index}`),
    ask(`GET /images/new:${index}/json`),
  ]);
  const text = await pipelined(engine, `${rounds.flat().join('')}${ask('GET /_ping', 'Connection: close\r\n')}`);
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
  assert.deepEqual(statuses, [...rounds.flatMap(() => ['201', '200', '200', '404']), '200']);
});

test('behind the last request of a connection nothing is done', async (t) => {
  const engine = await startTestEngine(t);
  const text = await pipelined(engine, `${ask('GET /_ping', 'Connection: close\r\n')}${EVENTS.repeat(3)}`);
  assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 1);
  assert.equal(await listeners(engine), 0);
});

test('a client that leaves takes the requests along whose turn had not come', async (t) => {
  const engine = await startTestEngine(t);
  const socket = await listening(engine, EVENTS.repeat(12));
  assert.equal(await listeners(engine), 1);
  socket.destroy();
  while ((await listeners(engine)) > 0) continue;
});

test('who sends hundreds ahead, and they wait, is cut off', async (t) => {
  const engine = await startTestEngine(t);
  for (const [count, isCut] of [
    [200, false],
    [400, true],
  ] as const) {
    const socket = await listening(engine, EVENTS).then((one) => {
      one.write(EVENTS.repeat(count));
      return one;
    });
    const closed = new Promise<true>((resolve) => socket.once('close', () => resolve(true)));
    const other = engine.ask('GET', '/_ping').then(() => false);
    if (isCut) assert.equal(await closed, true);
    else assert.equal(await Promise.race([closed, other]), false);
    socket.destroy();
    while ((await listeners(engine)) > 0) continue;
  }
});
