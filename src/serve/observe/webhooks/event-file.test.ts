import assert from 'node:assert/strict';
import nodeFs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createWebhooks, type Webhooks } from './create-webhooks.ts';
import { type ToldEvent, toldEvent } from './envelope.ts';
import { EventFile } from './event-file.ts';
import { ok, pushed, startReceiver, status } from './receiver.test.fixture.ts';

const SOURCE = { address: 'reg:5000', instance: 'i1' };

function makeFolder(t: TestContext): string {
  const path = nodeFs.mkdtempSync(join(tmpdir(), 'dray-events-'));
  t.after(() => nodeFs.rmSync(path, { recursive: true, force: true }));
  return path;
}

function event(tag: string): ToldEvent {
  return JSON.parse(JSON.stringify(toldEvent(pushed(tag), { source: SOURCE, now: 0 }))) as ToldEvent;
}

function open(folder: string): ReturnType<typeof EventFile.open> {
  return EventFile.open(folder, (reason) => assert.fail(reason));
}

test('what was not told is there again, in order; what was told is not', async (t) => {
  const folder = makeFolder(t);
  const events = ['1', '2', '3', '4'].map(event);
  const first = open(folder);
  assert.deepEqual(first.pending, []);
  for (const each of events) first.file.add(each);
  first.file.told(events.slice(0, 1));
  first.file.told(events.slice(2, 3));
  await first.file.close();
  const second = open(folder);
  assert.deepEqual(second.pending, [events[1], events[3]]);
  second.file.told(events);
  await second.file.close();
  assert.deepEqual(nodeFs.readdirSync(folder), [], 'nothing is left behind');
});

test('many events take several files, which go one by one', async (t) => {
  const folder = makeFolder(t);
  const events = Array.from({ length: 2500 }, (_, at) => event(String(at)));
  const { file } = open(folder);
  for (const each of events) file.add(each);
  assert.equal(nodeFs.readdirSync(folder).length, 3);
  file.told(events.slice(0, 1200));
  await file.close();
  assert.equal(nodeFs.readdirSync(folder).length, 2);
  const again = open(folder);
  assert.deepEqual(again.pending, events.slice(1200));
  assert.equal(nodeFs.readdirSync(folder).length, 1);
  await again.file.close();
});

test('a file that cannot be removed is left', async (t) => {
  const folder = makeFolder(t);
  const events = Array.from({ length: 1001 }, (_, at) => event(String(at)));
  const { file } = open(folder);
  for (const each of events) file.add(each);
  const [first = ''] = nodeFs.readdirSync(folder).sort();
  nodeFs.rmSync(join(folder, first));
  nodeFs.mkdirSync(join(folder, first, 'kept'), { recursive: true });
  file.told(events);
  await file.close();
  assert.deepEqual(nodeFs.readdirSync(folder), [first]);
});

test('lines that were cut off or are of somebody else are no events', async (t) => {
  const folder = makeFolder(t);
  const [one, two] = [event('1'), event('2')];
  const { file } = open(folder);
  file.add(one);
  await file.close();
  const [name = ''] = nodeFs.readdirSync(folder);
  const torn = JSON.stringify(two).slice(0, 100);
  nodeFs.appendFileSync(join(folder, name), `{}\nnull\n"x"\n[]\n{"told":7}\n{"id":1}\n\n${torn}`);
  nodeFs.writeFileSync(join(folder, 'notes.txt'), JSON.stringify(two));
  const again = open(folder);
  assert.deepEqual(again.pending, [one]);
  await again.file.close();
  assert.ok(nodeFs.existsSync(join(folder, 'notes.txt')), 'what is not its own stays');
});

test('a crash in the middle of opening makes nothing come twice', async (t) => {
  const folder = makeFolder(t);
  const events = ['1', '2'].map(event);
  const lines = events.map((each) => `${JSON.stringify(each)}\n`).join('');
  for (const name of ['0000000001.jsonl', '0000000002.jsonl']) nodeFs.writeFileSync(join(folder, name), lines);
  const { file, pending } = open(folder);
  assert.deepEqual(pending, events);
  await file.close();
  assert.deepEqual(nodeFs.readdirSync(folder), ['0000000003.jsonl']);
});

test('a folder that cannot be written to loses what it would have kept, and says so', async (t) => {
  const folder = join(makeFolder(t), 'events');
  const lost: string[] = [];
  const { file } = EventFile.open(folder, (reason) => lost.push(reason));
  nodeFs.rmSync(folder, { recursive: true });
  file.add(event('1'));
  assert.match(lost[0] ?? '', /ENOENT/);
  await file.close();
});

test('events outlast the process that was to tell them', async (t) => {
  const folder = makeFolder(t);
  const receiver = await startReceiver(t);
  const start = (): Webhooks =>
    createWebhooks({
      source: SOURCE,
      folder,
      endpoints: [{ name: 'a.b-c_1', url: receiver.url, threshold: 1, backoff: 60_000, timeout: 60_000 }],
    });
  receiver.answer = status(500);
  const first = start();
  for (const tag of ['1', '2', '3']) first.happened(pushed(tag));
  await receiver.has(1);
  await first.close();
  assert.equal(first.figures()[0]?.dropped, 0, 'they are not lost');

  receiver.answer = ok;
  const second = start();
  t.after(async () => second.close());
  second.happened(pushed('4'));
  await receiver.has(5);
  assert.deepEqual(
    receiver.heard.slice(1).flatMap(({ tags }) => tags),
    ['1', '2', '3', '4'],
  );
  await second.close();
  assert.deepEqual(nodeFs.readdirSync(join(folder, 'a.b-c_1')), []);
});

test('a folder that cannot be used is said at the start', (t) => {
  const file = join(makeFolder(t), 'file');
  nodeFs.writeFileSync(file, '');
  const endpoints = [{ name: 'one', url: new URL('http://127.0.0.1/') }];
  assert.throws(() => createWebhooks({ source: SOURCE, folder: file, endpoints }), { code: 'IO_FAILED' });
});
