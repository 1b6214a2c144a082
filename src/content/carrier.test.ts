import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrayError, isDrayError } from '#errors';
import { plainError, revivedError } from './carrier.ts';

test('an error keeps what it says, and its causes, on the way between threads', () => {
  const cause = new DrayError('CONNECTION_LOST', 'cut', { cause: new Error('ECONNRESET') });
  const error = new DrayError('SIZE_MISMATCH', 'too few', { hint: 'again', detail: { expected: 3 }, cause });
  const back = revivedError(structuredClone(plainError(error)));
  assert.deepEqual(
    [back.code, back.message, back.hint, back.detail],
    ['SIZE_MISMATCH', 'too few', 'again', { expected: 3 }],
  );
  assert.ok(isDrayError(back.cause));
  assert.deepEqual([back.cause.code, back.cause.message], ['CONNECTION_LOST', 'cut']);
  assert.ok(back.cause.cause instanceof Error);
  assert.equal(back.cause.cause.message, 'ECONNRESET');
});

test('what is no error of ours is a bug', () => {
  const back = revivedError(structuredClone(plainError(new TypeError('undefined is no function'))));
  assert.equal(back.code, 'BUG');
  assert.match(back.message, /undefined is no function/);
  assert.ok(back.cause instanceof Error);
  assert.equal(revivedError(structuredClone(plainError(new DrayError('STALLED', 'slow')))).cause, undefined);
});
