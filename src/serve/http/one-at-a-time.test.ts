import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { oneAtATime } from './one-at-a-time.ts';

type Handle = Parameters<typeof oneAtATime>[0];

async function listening(t: TestContext, handle: Handle): Promise<number> {
  const server = createServer(oneAtATime(handle)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

function requests(count: number, last: string): string {
  const each = (at: number): string =>
    `POST /${at} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n${at === count ? last : ''}\r\nabc`;
  return Array.from({ length: count }, (_, index) => each(index + 1)).join('');
}

test('requests that come at once are answered in order, each when the one before is over', async (t) => {
  let underWay = 0;
  let most = 0;
  const port = await listening(t, (message, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    response.once('finish', () => {
      underWay -= 1;
    });
    let body = '';
    message.on('data', (chunk) => {
      body += String(chunk);
    });
    message.on('end', () => setImmediate(() => response.end(`${message.url} ${body};`)));
  });
  const socket = connect(port, '127.0.0.1');
  socket.write(requests(50, 'Connection: close\r\n'));
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const answers = [...text.matchAll(/\/(\d+) abc;/g)].map(([, at]) => Number(at));
  assert.deepEqual(
    answers,
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
  assert.equal(most, 1);
});

test('nothing more is begun for a client that is gone', async (t) => {
  const begun: string[] = [];
  let isBegun = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    isBegun = resolve;
  });
  const port = await listening(t, (message, response) => {
    begun.push(message.url ?? '');
    response.write('never ends');
    isBegun();
  });
  const socket = connect(port, '127.0.0.1');
  socket.write(requests(10, ''));
  await first;
  socket.destroy();
  // whoever comes next is answered
  const other = connect(port, '127.0.0.1');
  other.write(requests(1, ''));
  await once(other, 'data');
  other.destroy();
  assert.deepEqual(begun, ['/1', '/1']);
});
