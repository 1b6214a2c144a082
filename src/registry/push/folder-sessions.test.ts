import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { folderSessions } from './folder-sessions.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dray-uploads-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
let count = 0;
const newFolder = (): string => join(scratch, `${(count += 1)}`, 'uploads');

test('what is written is read by another, and nobody else can read it', async () => {
  const folder = newFolder();
  await folderSessions(folder).write('a b', 'http://host/1?secret');
  await folderSessions(folder).write('a b', 'http://host/2?secret');
  assert.equal(await folderSessions(folder).read('a b'), 'http://host/2?secret');
  assert.equal(await folderSessions(folder).read('a c'), undefined);
  const [name = ''] = readdirSync(folder);
  assert.deepEqual(readdirSync(folder), [name]);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
});

test('what another process is at work with is not given away', async () => {
  const folder = newFolder();
  const sessions = folderSessions(folder);
  await sessions.write('a', 'http://host/');
  const path = join(folder, readdirSync(folder)[0] ?? '');
  const held = JSON.stringify({ key: 'a', location: 'http://host/' });
  for (const [pid, expected] of [
    [process.ppid, undefined],
    [2 ** 22 + 1, 'http://host/'],
    [-1, 'http://host/'],
    ['1', 'http://host/'],
  ] as const) {
    writeFileSync(path, JSON.stringify({ ...JSON.parse(held), pid }));
    assert.equal(await sessions.read('a'), expected, String(pid));
  }
});

test('what is removed is gone, and nothing is no error', async () => {
  const folder = newFolder();
  const sessions = folderSessions(folder);
  assert.equal(await sessions.read('a'), undefined);
  await sessions.remove('a');
  await sessions.write('a', 'http://host/');
  await sessions.remove('a');
  assert.deepEqual([await sessions.read('a'), readdirSync(folder)], [undefined, []]);
});

test('what is no entry, or of last week, is not taken', async () => {
  const folder = newFolder();
  const sessions = folderSessions(folder);
  await sessions.write('a', 'http://host/');
  const path = join(folder, readdirSync(folder)[0] ?? '');
  for (const text of [
    '',
    'x',
    'null',
    '{}',
    '{"key":"b","location":"http://host/"}',
    '{"key":"a","location":1}',
    ' '.repeat(20_000),
  ]) {
    writeFileSync(path, text);
    assert.equal(await sessions.read('a'), undefined, text.slice(0, 40));
  }
  await sessions.write('a', 'http://host/');
  const old = Date.now() / 1000 - 8 * 24 * 3600;
  utimesSync(path, old, old);
  assert.equal(await sessions.read('a'), undefined);
  await folderSessions(folder).write('b', 'http://host/');
  assert.equal(readdirSync(folder).length, 1);
});

test('a folder that cannot be written is as none', {
  skip: process.getuid?.() === 0 && 'root may write everywhere',
}, async () => {
  chmodSync(scratch, 0o500);
  try {
    const sessions = folderSessions(newFolder());
    await sessions.write('a', 'http://host/');
    assert.equal(await sessions.read('a'), undefined);
  } finally {
    chmodSync(scratch, 0o700);
  }
});

test('a folder that is a file is as none', async () => {
  const folder = join(scratch, 'file');
  writeFileSync(folder, '');
  const sessions = folderSessions(folder);
  await sessions.write('a', 'http://host/');
  assert.equal(await sessions.read('a'), undefined);
});
