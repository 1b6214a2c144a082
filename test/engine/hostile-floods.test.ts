import assert from 'node:assert/strict';
import { it } from 'node:test';
import { besieged, until } from './besieged-engine.ts';

const engine = besieged();
/** What a flood may hold, in bytes: what it sent and the system took, what is being worked on, and what the collector has not taken yet. */
const SLACK = 250 << 20;
/** The same where one connection has one request worked on. */
const SLACK_OF_ONE = 100 << 20;

it('a client that asks on and on and reads nothing is cut off before it takes much memory', async () => {
  const before = engine.memory();
  const socket = await engine.open();
  socket.pause();
  const requests = Buffer.from('GET /images/canary:1/json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(5000));
  const isCut = (): boolean => {
    socket.write(requests);
    return socket.destroyed;
  };
  await until(isCut, () => 'it goes on');
  assert.equal((await engine.ask('GET', '/_ping')).status, 200);
  assert.ok(engine.memory() - before < SLACK_OF_ONE, `${(engine.memory() - before) >> 20} MiB more`);
});

it('many large bodies at once cost no more memory than a few', async () => {
  const before = engine.memory();
  // One byte short of the longest; its end never comes.
  const body = Buffer.alloc((4 << 20) - 1, 'x');
  const head = `POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${4 << 20}\r\n\r\n`;
  const sockets = await Promise.all(Array.from({ length: 100 }, () => engine.open()));
  for (const socket of sockets) {
    socket.write(head);
    socket.write(body);
  }
  for (let round = 0; round < 100; round += 1) assert.equal((await engine.ask('GET', '/_ping')).status, 200);
  assert.ok(engine.memory() - before < SLACK, `${(engine.memory() - before) >> 20} MiB more`);
  for (const socket of sockets) socket.destroy();
  // When it has seen that they have gone there is room again.
  await until(
    async () => {
      const headers = { 'content-type': 'application/json' };
      return (await engine.ask('POST', '/auth', { body: '{}', headers })).status !== 503;
    },
    () => 'no room for others',
  );
});
