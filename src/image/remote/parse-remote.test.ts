import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familiarString } from '#oci';
import { parseRemote } from './parse-remote.ts';

test('a name of a registry may say so', () => {
  for (const [text, name] of [
    ['docker://localhost:5000/app:1', 'localhost:5000/app:1'],
    ['docker://alpine', 'alpine'],
    ['docker/app', 'docker/app'],
    ['docker:20', 'docker:20'],
  ] as const)
    assert.equal(familiarString(parseRemote(text)), name);
});

test('another scheme is none', () => {
  for (const text of ['https://localhost/app', 'docker://docker://app', 'docker:/app', 'DOCKER://app'])
    assert.throws(() => parseRemote(text), { code: 'INVALID_REFERENCE' }, text);
});
