import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hasCode } from '#errors';
import { systemClock } from '#timing';
import { editConfigFile } from './config-file.ts';

const root = mkdtempSync(join(tmpdir(), 'dray-config-'));
after(() => rmSync(root, { recursive: true }));
const options = { clock: systemClock };

let made = 0;
const folder = (): string => {
  const path = join(root, `${made++}`);
  mkdirSync(path);
  return path;
};
const set =
  (key: string) =>
  (document: Record<string, unknown>): Record<string, unknown> => ({ ...document, [key]: 1 });
const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a new file is 0600 in a folder 0700, indented with tabs, and leaves nothing beside it', async () => {
  const path = join(root, 'new', 'deep', 'config.json');
  await editConfigFile(path, set('a'), options);
  assert.equal(readFileSync(path, 'utf8'), '{\n\t"a": 1\n}');
  assert.equal(modeOf(path), 0o600);
  assert.equal(modeOf(join(root, 'new')), 0o700);
  assert.equal(modeOf(join(root, 'new', 'deep')), 0o700);
  assert.deepEqual(readdirSync(join(root, 'new', 'deep')), ['config.json']);
});

test('order, unknown fields, mode and the last line break are kept', async () => {
  const path = join(folder(), 'config.json');
  writeFileSync(path, '{"z":{"__proto__":1,"deep":[1,2]},"auths":{},"HttpHeaders":{"X":"y"}}\n', { mode: 0o640 });
  await editConfigFile(path, set('new'), options);
  assert.equal(
    readFileSync(path, 'utf8'),
    '{\n\t"z": {\n\t\t"__proto__": 1,\n\t\t"deep": [\n\t\t\t1,\n\t\t\t2\n\t\t]\n\t},\n\t"auths": {},\n\t"HttpHeaders": {\n\t\t"X": "y"\n\t},\n\t"new": 1\n}\n',
  );
  assert.equal(modeOf(path), 0o640);
});

test('an empty file is as none; undefined leaves the file alone', async () => {
  const path = join(folder(), 'config.json');
  writeFileSync(path, '');
  await editConfigFile(path, () => undefined, options);
  assert.equal(readFileSync(path, 'utf8'), '');
  await editConfigFile(path, set('a'), options);
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { a: 1 });
});

test('a symbolic link stays one, also when what it names is not there yet', async () => {
  const [there, here] = [folder(), folder()];
  const path = join(here, 'config.json');
  symlinkSync(join(there, 'real.json'), path);
  for (const key of ['a', 'b']) await editConfigFile(path, set(key), options);
  assert.equal(readlinkSync(path), join(there, 'real.json'));
  assert.deepEqual(JSON.parse(readFileSync(join(there, 'real.json'), 'utf8')), { a: 1, b: 1 });
  assert.deepEqual(readdirSync(there), ['real.json']);

  const relative = join(here, 'relative.json');
  symlinkSync('config.json', relative);
  await editConfigFile(relative, set('c'), options);
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { a: 1, b: 1, c: 1 });
  symlinkSync('loop.json', join(here, 'loop.json'));
  await assert.rejects(editConfigFile(join(here, 'loop.json'), set('d'), options), (error) =>
    hasCode(error, 'IO_FAILED'),
  );
});

test('a malformed file is left as it is', async () => {
  const path = join(folder(), 'config.json');
  for (const text of ['{"auths":', '[]', '{"auths":[]}']) {
    writeFileSync(path, text);
    await assert.rejects(editConfigFile(path, set('a'), options), (error) => hasCode(error, 'INVALID_CONFIGURATION'));
    assert.equal(readFileSync(path, 'utf8'), text);
  }
  assert.equal(readdirSync(join(path, '..')).length, 1);
});

test('an edit that throws leaves the file, and the lock free', async () => {
  const path = join(folder(), 'config.json');
  const broken = (): never => {
    throw new Error('broken');
  };
  await assert.rejects(editConfigFile(path, broken, options));
  assert.equal(existsSync(path), false);
  await editConfigFile(path, set('a'), options);
});

test('a folder that cannot be made is IO_FAILED', async () => {
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  await assert.rejects(
    editConfigFile(join(file, 'config.json'), set('a'), options),
    (error) => hasCode(error, 'IO_FAILED') && error.message.includes(file),
  );
});

test('edits at the same time lose nothing', async () => {
  const path = join(folder(), 'config.json');
  const keys = Array.from({ length: 20 }, (_, at) => `key${at}`);
  await Promise.all(keys.map((key) => editConfigFile(path, set(key), options)));
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(path, 'utf8'))).sort(), [...keys].sort());
});

test('a lock that a dead process left is passed over; one that is held is waited for', async () => {
  const path = join(folder(), 'config.json');
  const lock = join(path, '..', '.config.json.dray-lock');
  writeFileSync(lock, '');
  const old = new Date(Date.now() - 60_000);
  utimesSync(lock, old, old);
  await editConfigFile(path, set('a'), options);
  assert.equal(existsSync(lock), false);

  writeFileSync(lock, '');
  const waiting = editConfigFile(path, set('b'), options);
  await systemClock.sleep(60);
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { a: 1 });
  rmSync(lock);
  await waiting;
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { a: 1, b: 1 });

  writeFileSync(lock, '');
  await assert.rejects(editConfigFile(path, set('c'), { ...options, signal: AbortSignal.timeout(60) }), (error) =>
    hasCode(error, 'CANCELLED'),
  );
  let time = 0;
  const impatient = { now: () => Date.now(), monotonic: () => (time += 10_000), sleep: () => Promise.resolve() };
  await assert.rejects(editConfigFile(path, set('d'), { clock: impatient }), (error) => hasCode(error, 'BUSY'));
});
