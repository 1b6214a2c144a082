import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, it } from 'node:test';
import { openFiles } from '../process-status.ts';
import { besieged, until } from './besieged-engine.ts';

const engine = besieged();
/** What may stay of some hundred requests that were given up, in bytes: what the collector has not taken yet. */
const SLACK = 100 << 20;
/** How many come, and how many at once. */
const COUNT = 150;
const WIDTH = 10;

/** A registry that takes requests and says nothing more. */
const silent = createServer();
after(() => silent.close().closeAllConnections());

/** Asks `COUNT` times, and leaves each time when what `begin` gives says that the engine is at it. */
async function comeAndGo(headOf: (round: number) => string, begin: () => () => Promise<boolean>): Promise<void> {
  const before = { memory: engine.memory(), files: openFiles(engine.engine.pid) };
  for (let left = COUNT; left > 0; left -= WIDTH) {
    const isSeen = begin();
    const sockets = await Promise.all(Array.from({ length: WIDTH }, () => engine.open()));
    for (const socket of sockets) socket.write(headOf(left));
    while (!(await isSeen())) await new Promise((resolve) => void setImmediate(resolve));
    for (const socket of sockets) socket.destroy();
  }
  await until(
    () => openFiles(engine.engine.pid) <= before.files + 5,
    () => `${openFiles(engine.engine.pid)} files; ${before.files} were`,
  );
  assert.ok(engine.memory() - before.memory < SLACK, `${(engine.memory() - before.memory) >> 20} MiB more`);
}

async function listeners(): Promise<number> {
  const { body } = await engine.ask('GET', '/info');
  return (JSON.parse(body) as { NEventsListener: number }).NEventsListener;
}

it('listeners to events that come and go by the hundred leave nothing', async () => {
  await comeAndGo(
    () => 'GET /events HTTP/1.1\r\nHost: x\r\n\r\n',
    () => async () => (await listeners()) > 0,
  );
  while ((await listeners()) > 0) continue;
});

it('pulls and pushes that are given up by the hundred leave nothing', async () => {
  let asked = 0;
  silent.on('request', () => (asked += 1));
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  assert.equal((await engine.ask('POST', `/images/canary:1/tag?repo=${host}/x&tag=1`)).status, 201);
  const isAsked = (): (() => Promise<boolean>) => {
    const before = asked;
    return async () => asked > before;
  };
  const head = (path: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nX-Registry-Auth: e30=\r\nContent-Length: 0\r\n\r\n`;
  // Others: the same would join those that are being given up, and ask for nothing.
  await comeAndGo((round) => head(`/images/create?fromImage=${host}/x&tag=${round}`), isAsked);
  await comeAndGo(() => head(`/images/${host}/x/push?tag=1`), isAsked);
  assert.equal((await engine.ask('DELETE', `/images/${host}/x:1`)).status, 200);
});

it('saves that are given up by the hundred leave nothing', async () => {
  await comeAndGo(
    () => 'GET /images/get?names=canary:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    () => async () => {
      await engine.ask('GET', '/_ping');
      return true;
    },
  );
});
