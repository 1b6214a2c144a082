import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attempts } from './attempts.ts';

/** How many attempts may begin before one has to wait. */
function begun(attempts: Attempts, address: string, user: (at: number) => string): number {
  let count = 0;
  while (count < 1000 && attempts.begin(address, user(count)) === undefined) count += 1;
  return count;
}

test('one user from one address gets 30 guesses, and then one every two seconds', () => {
  let now = 0;
  const attempts = new Attempts(() => now);
  assert.equal(
    begun(attempts, '192.0.2.1', () => 'alice'),
    30,
  );
  assert.equal(attempts.begin('192.0.2.1', 'alice'), 2);
  now += 2000;
  assert.equal(
    begun(attempts, '192.0.2.1', () => 'alice'),
    1,
  );
  assert.equal(attempts.begin('192.0.2.1', 'bob'), undefined, 'others behind the same address');
  assert.equal(attempts.begin('192.0.2.2', 'alice'), undefined, 'the same user from elsewhere');
});

test('one address gets 300 guesses for all its users', () => {
  const attempts = new Attempts(() => 0);
  assert.equal(
    begun(attempts, '192.0.2.1', (at) => `user${at}`),
    300,
  );
});

test('names that are made up have nobody forgotten', () => {
  const attempts = new Attempts(() => 0);
  begun(attempts, '192.0.2.1', () => 'alice');
  for (let count = 0; count < 25_000; count += 1) attempts.begin('192.0.2.2', `user${count}`);
  assert.equal(attempts.begin('192.0.2.1', 'alice'), 2);
});

test('long names are told from each other', () => {
  const attempts = new Attempts(() => 0);
  const long = 'x'.repeat(3000);
  assert.equal(
    begun(attempts, '192.0.2.1', () => long),
    30,
  );
  assert.equal(attempts.begin('192.0.2.1', `${long}y`), undefined);
});

test('what succeeds does not count', () => {
  const attempts = new Attempts(() => 0);
  for (let count = 0; count < 1000; count += 1) {
    assert.equal(attempts.begin('192.0.2.1', 'alice'), undefined);
    attempts.succeeded('192.0.2.1', 'alice');
  }
});

test('addresses of one host are one', () => {
  const pairs: readonly (readonly [string, string, boolean])[] = [
    ['2001:db8::1', '2001:db8:0:0:ffff::2', true],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ];
  for (const [one, other, same] of pairs) {
    const attempts = new Attempts(() => 0);
    begun(attempts, one, () => 'alice');
    assert.equal(attempts.begin(other, 'alice') !== undefined, same, `${one} ${other}`);
  }
});
