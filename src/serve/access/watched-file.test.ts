import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DrayError, hasCode } from '#errors';
import { settledFile, temporaryFolder } from './access.test.fixture.ts';
import { WatchedFile } from './watched-file.ts';

function watched(t: TestContext): { file: WatchedFile<string>; path: string; problems: DrayError[] } {
  const path = settledFile(join(temporaryFolder(t), 'file'), 'one');
  const problems: DrayError[] = [];
  const file = new WatchedFile({
    path,
    what: 'the file',
    limit: 10,
    onProblem: (error) => problems.push(error),
    parse: (text) => {
      if (text.startsWith('bad')) throw new DrayError('INVALID_CONFIGURATION', 'the file is bad');
      return text;
    },
  });
  return { file, path, problems };
}

test('a file that changes is read again', (t) => {
  const { file, path } = watched(t);
  assert.equal(file.value, 'one');
  settledFile(path, 'two');
  file.look();
  assert.equal(file.value, 'two');
});

test('a new file that is broken, too large or gone is told once and leaves what was read', (t) => {
  const { file, path, problems } = watched(t);
  const breakIt = [
    () => settledFile(path, 'bad'),
    () => settledFile(path, 'larger than the limit'),
    () => rmSync(path),
  ];
  for (const [at, change] of breakIt.entries()) {
    change();
    file.look();
    file.look();
    assert.equal(problems.length, at + 1);
    assert.match(problems[at]?.message ?? '', /stays in use/);
    assert.equal(file.value, 'one');
  }
  settledFile(path, 'three');
  file.look();
  assert.equal(file.value, 'three');
  assert.equal(problems.length, 3);
});

test('a file that was changed just now is taken when it has settled', async (t) => {
  const { file, path } = watched(t);
  writeFileSync(path, 'tw');
  const { mtimeMs } = statSync(path);
  t.mock.method(Date, 'now', () => mtimeMs);
  assert.equal(file.look(), false);
  assert.equal(file.value, 'one');
  t.mock.restoreAll();
  await file.settle();
  assert.equal(file.value, 'tw');
});

test('a file that has not settled after one wait is waited for again', async (t) => {
  const { file, path } = watched(t);
  writeFileSync(path, 'tw');
  const { mtimeMs } = statSync(path);
  let looks = 0;
  t.mock.method(Date, 'now', () => mtimeMs + ((looks += 1) < 3 ? 0 : 100));
  await file.settle();
  assert.equal(file.value, 'tw');
});

test('a file that cannot be used at the beginning is refused', (t) => {
  const folder = temporaryFolder(t);
  const open = (path: string): unknown => new WatchedFile({ path, what: 'the file', limit: 3, parse: (text) => text });
  assert.throws(
    () => open(join(folder, 'none')),
    (error) => hasCode(error, 'IO_FAILED'),
  );
  assert.throws(
    () => open(settledFile(join(folder, 'large'), 'large')),
    (error) => hasCode(error, 'INVALID_CONFIGURATION'),
  );
});
