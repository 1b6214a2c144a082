import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOutput } from './check-output.ts';

test('a place of copy is no path', () => {
  for (const place of [
    'docker-daemon:app:1',
    'docker://host/app',
    'oci:dir',
    'oci-archive:a.tar',
    'docker-archive:a.tar',
    'store:a',
  ]) {
    assert.throws(() => checkOutput(place, 'IMAGE'), { code: 'INVALID_OPTION' }, place);
  }
});

test('paths are', () => {
  for (const path of [
    undefined,
    '-',
    'a.tar',
    './oci:dir',
    'oci:',
    'C:\\images\\a.tar',
    'docker/a.tar',
    'a:b',
    '/oci:x',
  ]) {
    checkOutput(path, 'IMAGE');
  }
});
