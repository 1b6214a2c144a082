import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DrayError } from '#errors';
import { ApiError } from '../../http/api-error.ts';
import { ALICE, BOB, basic, settledFile, temporaryFolder } from '../access.test.fixture.ts';
import { PasswordUsers } from './password-users.ts';

const HERE = '192.0.2.7';

function users(t: TestContext, text: string): { users: PasswordUsers; path: string; problems: DrayError[] } {
  const path = settledFile(join(temporaryFolder(t), 'htpasswd'), text);
  const problems: DrayError[] = [];
  const opened = new PasswordUsers({ path }, (error) => problems.push(error));
  t.after(() => opened.close());
  return { users: opened, path, problems };
}

test('who has the password is known, and at once the second time', async (t) => {
  const { users: known } = users(t, `${ALICE}\n${BOB}\n`);
  const first = known.verify(basic('alice', 'secret1'), HERE);
  assert.ok(first instanceof Promise);
  const verdict = await first;
  assert.ok(typeof verdict === 'object' && 'user' in verdict && verdict.user === 'alice');
  assert.equal(known.verify(basic('alice', 'secret1'), HERE), verdict);
  for (const [user, password] of [
    ['alice', 'secret2'],
    ['alice', 'secret1 '],
    ['Alice', 'secret1'],
    ['carol', 'secret1'],
  ] as const) {
    assert.equal(await known.verify(basic(user, password), HERE), 'wrong');
  }
});

test('a hundred requests at once cost one comparison', async (t) => {
  const { users: known } = users(t, ALICE);
  const promises = Array.from({ length: 100 }, () => known.verify(basic('alice', 'secret1'), HERE));
  assert.equal(new Set(promises).size, 1);
  assert.notEqual(await promises[99], 'wrong');
});

test('users come and go with the file; a broken one changes nothing and is told once', async (t) => {
  const { users: known, path, problems } = users(t, ALICE);
  assert.notEqual(await known.verify(basic('alice', 'secret1'), HERE), 'wrong');

  settledFile(path, 'broken');
  assert.equal(await known.verify(basic('bob', 'secret2'), HERE), 'wrong');
  assert.equal(await known.verify(basic('bob', 'secret2'), HERE), 'wrong');
  assert.notEqual(await known.verify(basic('alice', 'secret1'), HERE), 'wrong');
  assert.equal(problems.length, 1);

  settledFile(path, BOB);
  assert.notEqual(await known.verify(basic('bob', 'secret2'), HERE), 'wrong');
  assert.equal(await known.verify(basic('alice', 'secret1'), HERE), 'wrong', 'remembered, but gone from the file');

  settledFile(path, `${BOB}\nalice:${BOB.slice(4)}`);
  assert.notEqual(await known.verify(basic('alice', 'secret2'), HERE), 'wrong');
  assert.equal(await known.verify(basic('alice', 'secret1'), HERE), 'wrong', 'remembered, but with a new password');
});

test('many wrong passwords have to wait, those who are known do not', async (t) => {
  const { users: known } = users(t, ALICE);
  await known.verify(basic('alice', 'secret1'), HERE);
  const verdicts = await Promise.all(
    Array.from({ length: 40 }, async (_, at) => known.verify(basic('alice', `guess${at}`), HERE)),
  );
  assert.equal(verdicts.filter((verdict) => verdict === 'wrong').length, 30);
  const refusal = verdicts.find((verdict) => verdict instanceof ApiError);
  assert.ok(refusal instanceof ApiError);
  assert.equal(refusal.status, 429);
  assert.equal(refusal.faults[0]?.code, 'TOOMANYREQUESTS');
  assert.match(String(refusal.headers['retry-after']), /^\d+$/);
  const again = known.verify(basic('alice', 'secret1'), HERE);
  assert.ok(!(again instanceof Promise) && again !== 'wrong' && 'user' in again);
});

test('what is no Basic header costs nothing', (t) => {
  const { users: known } = users(t, ALICE);
  assert.equal(known.verify('Basic !!!', HERE), 'wrong');
  assert.equal(known.verify(basic('alice', ''), HERE), 'wrong');
});

test('other requests are answered while a password is compared', async (t) => {
  // cost 12: a quarter of a second and more
  const { users: known } = users(t, `slow:$2b$12$${'.'.repeat(53)}`);
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 1);
  assert.equal(await known.verify(basic('slow', 'x'), HERE), 'wrong');
  clearInterval(ticking);
  assert.ok(turns > 5, `${turns} turns`);
});

const htpasswd = spawnSync('htpasswd', ['-nbB', 'carol', 'pässword'], { encoding: 'utf8' });

test('what htpasswd writes today is taken', { skip: htpasswd.status !== 0 && 'htpasswd is not there' }, async (t) => {
  const { users: known } = users(t, htpasswd.stdout);
  assert.notEqual(await known.verify(basic('carol', 'pässword'), HERE), 'wrong');
});
