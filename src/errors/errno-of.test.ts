import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { test } from 'node:test';
import { errnoOf } from './errno-of.ts';

test('what the system calls a failure, and nothing for what is none', async () => {
  assert.equal(await stat('/nothing/there').catch(errnoOf), 'ENOENT');
  assert.equal(errnoOf({ code: 'EEXIST' }), 'EEXIST', 'an error of another realm');
  for (const other of [
    undefined,
    null,
    'ENOENT',
    new Error('x'),
    { code: 5 },
    Object.assign(new Error('x'), { code: undefined }),
  ]) {
    assert.equal(errnoOf(other), undefined);
  }
});
