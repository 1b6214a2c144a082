import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { it } from 'node:test';
import { openFiles } from '../process-status.ts';
import { answerOf, besieged, checkText, isAnswered, until } from './besieged-engine.ts';

const engine = besieged();
const LINES = 'GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n';

async function many(count: number, bytes: string): Promise<readonly Socket[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => engine.open()));
  for (const socket of sockets) socket.write(bytes);
  return sockets;
}

it('500 half-open connections and slow heads do not keep others out', async () => {
  const silent = await many(200, '');
  const begun = await many(200, 'GET /images/json HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  const bodies = await many(100, 'POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx');
  const drip = setInterval(() => begun.forEach((socket) => void socket.write('x')), 50);
  try {
    for (let round = 0; round < 50; round += 1) {
      assert.equal((await engine.ask('GET', '/v1.47/images/json')).status, 200);
    }
  } finally {
    clearInterval(drip);
    for (const socket of [...silent, ...begun, ...bodies]) socket.destroy();
  }
});

it('a head that never ends is given up in the end', async () => {
  const text = await engine.raw(`GET /_ping HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(200_000)}`);
  assert.match(text, /^HTTP\/1\.1 431 |^$/);
  const lines = Array.from({ length: 3000 }, (_, index) => `X-${index}: ${'y'.repeat(20)}\r\n`).join('');
  const headers = await engine.raw(`GET /_ping HTTP/1.1\r\nHost: x\r\n${lines}\r\n`);
  assert.match(headers, /^HTTP\/1\.1 (?:431|400|200) |^$/);
});

it('pipelined requests are all answered, in order', async () => {
  const paths = Array.from({ length: 200 }, (_, index) => `GET /images/none${index}/json HTTP/1.1\r\nHost: x\r\n\r\n`);
  const text = await engine.raw(`${paths.join('')}GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const found = [...text.matchAll(/No such image: none(\d+)/g)].map(([, index]) => Number(index));
  assert.deepEqual(
    found,
    Array.from({ length: 200 }, (_, index) => index),
  );
  assert.match(text, /OK$/);
});

it('methods, versions and framing that nobody means', async () => {
  const requests: readonly string[] = [
    'BREW /_ping HTTP/1.1\r\nHost: x\r\n\r\n',
    'PUT /images/json HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
    'PATCH /images/canary:1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
    'DELETE /_ping HTTP/1.1\r\nHost: x\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n',
    'GET http://example.com/_ping HTTP/1.1\r\nHost: example.com\r\n\r\n',
    'GET /_ping HTTP/0.9\r\n\r\n',
    'GET /_ping HTTP/9.9\r\nHost: x\r\n\r\n',
    'GET /_ping\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
    '\u0000\u0000\u0000\u0000\r\n\r\n',
    'POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /images/load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'POST /images/load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n',
    'POST /auth HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}',
    'GET /events HTTP/1.1\r\nHost: x\r\nExpect: nonsense\r\n\r\n',
    'GET /_ping HTTP/1.1\r\nHost: evil.example\r\nOrigin: https://evil.example\r\n\r\n',
    'POST /images/prune HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n\r\n',
  ];
  // Some get no answer, and no end.
  const texts = await Promise.all(requests.map((request) => engine.raw(request, { wait: 1500 })));
  for (const [index, text] of texts.entries()) {
    const { status, head, body } = answerOf(text);
    const what = requests[index] ?? '';
    assert.ok(text === '' || status >= 200 || head.startsWith('HTTP/1.1 100 '), `${what}: ${text.slice(0, 200)}`);
    checkText(body, what);
  }
  const pages = await engine.raw(
    'POST /images/prune HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n\r\n',
    { isEnough: isAnswered },
  );
  assert.ok(answerOf(pages).status >= 400, 'a page in a browser is refused');
});

it('upgrades to what it does not speak are answered, and their connections go', async () => {
  const before = openFiles(engine.engine.pid);
  const paths = [
    '/grpc',
    '/session',
    '/containers/x/attach?stream=1',
    '/exec/x/start',
    '/_ping',
    '/images/canary:1/json',
    '/nosuch',
  ];
  const asked = paths.flatMap((path) =>
    ['h2c', 'tcp', 'websocket', 'x'.repeat(1000)].map((upgrade) => ({ path, upgrade })),
  );
  await Promise.all(
    asked.map(async ({ path, upgrade }) => {
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 0\r\n\r\n`;
      const text = await engine.raw(`${head}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, { isEnough: isAnswered });
      const { status, body } = answerOf(text);
      // What BuildKit's clients speak is taken up, and refused in their own words.
      const isTaken = status === 101 && upgrade === 'h2c' && ['/grpc', '/session'].includes(path);
      assert.ok(
        isTaken || (status >= 200 && status < 600),
        `${path} to ${upgrade.slice(0, 10)}: ${text.slice(0, 100)}`,
      );
      if (!isTaken) checkText(body.split('HTTP/1.1')[0] ?? '', path);
    }),
  );
  await until(
    () => openFiles(engine.engine.pid) <= before + 5,
    () => `${openFiles(engine.engine.pid)} files`,
  );
});

it('connections that come and go by the thousand leave nothing', async () => {
  const before = openFiles(engine.engine.pid);
  for (let round = 0; round < 20; round += 1) {
    const sockets = await many(100, round % 2 === 0 ? LINES : LINES.slice(0, 20));
    for (const socket of sockets) socket.destroy();
  }
  await until(
    () => openFiles(engine.engine.pid) <= before + 5,
    () => `${openFiles(engine.engine.pid)} files; ${before} were`,
  );
});
