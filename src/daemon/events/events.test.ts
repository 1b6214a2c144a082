import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createDray } from '#dray';
import { createRouter } from '../http/router.ts';
import { systemRoutes } from '../system/routes.ts';
import { EventBus, type ImageHappening } from './event-bus.ts';

interface World {
  readonly bus: EventBus;
  readonly end: AbortController;
  /** An answer whose head has come. */
  open(query?: string): Promise<IncomingMessage>;
  /** The lines of an answer that ends. */
  lines(query: string): Promise<readonly string[]>;
}

/** The endpoint alone, over a bus that the test writes to. */
async function startWorld(t: TestContext): Promise<World> {
  const bus = new EventBus();
  const end = new AbortController();
  const dray = createDray({ root: '/nowhere', env: {} });
  const router = createRouter(systemRoutes({ dray, version: '0', events: bus, closing: end.signal }));
  const server = createServer((message, response) => void router(message, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const open = async (query = ''): Promise<IncomingMessage> => {
    const sent = request({ host: '127.0.0.1', port, path: `/events?${query}`, agent: false }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return answer.on('error', () => {});
  };
  return { bus, end, open, lines: async (query) => (await textOf(await open(query))).split('\n').filter(Boolean) };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return text;
}

function happening(n: number, attributes: Record<string, string> = {}): ImageHappening {
  return { action: 'tag', id: `sha256:${n}`, attributes: { name: `app:${n}`, ...attributes } };
}

test('what happened before is told with docker’s fields, to the nanosecond', async (t) => {
  const { bus, lines } = await startWorld(t);
  bus.publish({ action: 'pull', id: 'alpine:3.20', attributes: { name: 'alpine', version: '1' } });
  bus.publish({ action: 'prune', id: '', attributes: { reclaimed: '5' } });
  const [pull = '', prune = ''] = await lines(`since=1&until=${Date.now() / 1000 + 0.001}`);
  const nano = /"timeNano":(?<nano>\d+)\}$/.exec(pull)?.groups?.['nano'] ?? '';
  assert.match(nano, /^\d{19}$/);
  assert.equal(BigInt(nano), bus.latest[0]?.timeNano);
  assert.equal(
    pull,
    `{"status":"pull","id":"alpine:3.20","Type":"image","Action":"pull","Actor":{"ID":"alpine:3.20","Attributes":{"name":"alpine","version":"1"}},"scope":"local","time":${nano.slice(0, 10)},"timeNano":${nano}}`,
  );
  assert.match(prune, /^\{"status":"prune","Type":"image",.*"ID":"","Attributes":\{"reclaimed":"5"\}/);
});

test('times are bounds, inclusive, and distinct', async (t) => {
  const { bus, lines } = await startWorld(t);
  for (let n = 0; n < 5; n += 1) bus.publish(happening(n));
  const times = bus.latest.map(({ timeNano }) => timeNano);
  assert.equal(new Set(times).size, 5);
  const seconds = (time = 0n): string => `${time / 1_000_000_000n}.${String(time % 1_000_000_000n).padStart(9, '0')}`;
  // in the past by the clock, though several happened in the same millisecond
  await new Promise((resolve) => setTimeout(resolve, 2));
  const found = await lines(`since=${seconds(times[1])}&until=${seconds(times[3])}`);
  assert.deepEqual(
    found.map((line) => (JSON.parse(line) as { id: string }).id),
    ['sha256:1', 'sha256:2', 'sha256:3'],
  );
  assert.deepEqual(await lines('until=1'), []);
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['since=NaN', /^strconv\.ParseInt: parsing "NaN": invalid syntax$/],
  ['until=1e3', /invalid syntax/],
  ['since=10m', /invalid syntax/],
  ['until=0x10', /invalid syntax/],
  ['since=1.', /invalid syntax/],
  ['until=9999999999999999999999', /value out of range/],
  ['since=%1b%5b2J', /^strconv\.ParseInt: parsing " \[2J"/],
  ['since=5&until=3', /^`since` time \(5\) cannot be after `until` time \(3\)$/],
  ['since=1.5&until=1.25', /cannot be after/],
  ['filters=x', /^invalid filter/],
  ['filters=%5B%5D', /^invalid filter/],
  ['filters=%7B%22type%22%3A1%7D', /^invalid filter/],
];

test('what is no time and no filter is refused before anything is answered', async (t) => {
  const { open, bus } = await startWorld(t);
  for (const [query, message] of REFUSED) {
    const answer = await open(query);
    const text = await textOf(answer);
    assert.equal(answer.statusCode, 400, query);
    assert.match((JSON.parse(text) as { message: string }).message, message, query);
  }
  assert.equal(bus.listeners, 0);
});

test('what happens is told as it happens, and the head comes before', async (t) => {
  const { bus, open } = await startWorld(t);
  bus.publish(happening(0));
  const answer = await open(`filters=${encodeURIComponent('{"event":["tag"]}')}`);
  assert.equal(answer.headers['content-type'], 'application/json');
  bus.publish(happening(1));
  bus.publish({ action: 'untag', id: 'sha256:1' });
  const [chunk] = (await once(answer, 'data')) as [Buffer];
  assert.deepEqual(
    String(chunk)
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { id: string }).id),
    ['sha256:1'],
  );
});

test('an answer ends at its time, or with the engine', async (t) => {
  const { end, lines, bus } = await startWorld(t);
  assert.deepEqual(await lines(`until=${Date.now() / 1000 + 0.05}`), []);
  const endless = [lines(''), lines('until=99999999999')];
  while (bus.listeners < 2) await new Promise((resolve) => setImmediate(resolve));
  end.abort();
  assert.deepEqual(await Promise.all(endless), [[], []]);
  assert.deepEqual(await lines(''), [], 'who comes late is not kept');
  assert.equal(bus.listeners, 0);
});

test('what happens behind the end of an answer is not written to it', async (t) => {
  const { bus, end, open } = await startWorld(t);
  const answer = await open();
  bus.publish(happening(1));
  end.abort();
  bus.publish(happening(2));
  assert.equal((await textOf(answer)).match(/"status"/g)?.length, 1);
});

test('those who leave are forgotten, those who do not read are cut off', async (t) => {
  const { bus, open } = await startWorld(t);
  const answers = await Promise.all(Array.from({ length: 100 }, () => open()));
  assert.equal(bus.listeners, 100);
  for (const answer of answers.slice(5)) answer.destroy();
  while (bus.listeners > 5) await new Promise((resolve) => setImmediate(resolve));
  for (const answer of answers) answer.pause();
  for (let n = 0; bus.listeners > 0; n += 1) {
    assert.ok(n < 10_000, 'what waits for them has no end');
    bus.publish(happening(n, { label: 'x'.repeat(3000) }));
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
});

test('who reads is told of all that happens at once, however much that is', async (t) => {
  const { bus, end, open } = await startWorld(t);
  const reader = textOf(await open());
  const sleeper = await open();
  sleeper.pause();
  const many = Array.from({ length: 10_000 }, (_, n) => happening(n, { label: 'x'.repeat(500) }));
  await bus.publishAll(many);
  assert.equal(bus.listeners, 1, 'nobody waits for ever for who does not read');
  bus.publish({ action: 'prune', id: '', attributes: { reclaimed: '5' } });
  end.abort();
  assert.equal((await reader).match(/"timeNano"/g)?.length, 10_001);
});

test('the last 256 are kept, with labels of a length that can be', () => {
  const bus = new EventBus();
  for (let n = 0; n < 300; n += 1) bus.publish(happening(n, { a: 'x'.repeat(2 ** 20), b: 'short' }));
  assert.equal(bus.latest.length, 256);
  assert.equal(bus.latest[0]?.id, 'sha256:44');
  assert.deepEqual(bus.latest[0].attributes, { b: 'short', name: 'app:44' });
});
