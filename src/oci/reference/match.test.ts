import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesRepository } from './match.ts';
import { parseReference } from './parse.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

const ROWS: readonly (readonly [reference: string, pattern: string, expected: boolean])[] = [
  ['foo', 'foo/**/ba[rz]', false],
  ['foo/any/bat', 'foo/**/ba[rz]', false],
  ['foo/a/bar', 'foo/**/ba[rz]', true],
  ['foo/b/baz', 'foo/**/ba[rz]', true],
  ['foo/c/baz:tag', 'foo/**/ba[rz]', true],
  ['foo/c/baz:tag', 'foo/*/baz:tag', true],
  ['foo/c/baz:tag', 'foo/c/baz:tag', true],
  ['example.com/foo/c/baz:tag', '*/foo/c/baz', true],
  ['example.com/foo/c/baz:tag', 'example.com/foo/c/baz', true],
  ['alpine:3.20', 'alpine', true],
  ['alpine:3.20', 'alpine:3.20', true],
  ['alpine:3.20', 'alpine:3.*', true],
  ['alpine:3.20', 'alpine:3', false],
  ['alpine:3.20', 'alp', false],
  ['alpine:3.20', 'alp*', true],
  ['alpine:3.20', '*', true],
  ['alpine:3.20', 'alpin?', true],
  ['alpine:3.20', 'alpin[^x]', true],
  ['alpine:3.20', 'alpin[^e]', false],
  ['alpine:3.20', 'alpin[a-f]', true],
  ['alpine:3.20', 'alpin[f-z]', false],
  ['alpine:3.20', '\\alpine', true],
  ['alpine:3.20', '\\*', false],
  ['alpine:3.20', 'docker.io/library/alpine', true],
  ['alpine:3.20', 'docker.io/library/alpine:3.20', true],
  ['alpine:3.20', 'docker.io/*/alpine', true],
  ['alpine:3.20', 'library/alpine', false],
  ['alpine:3.20', '*/library/alpine', false],
  ['alpine:3.20', '*/*/*', false],
  ['localhost:5000/owner/app', '*/*/*', true],
  ['localhost:5000/owner/app', 'docker.io/*/*', false],
  ['owner/app', '*', false],
  ['owner/app', '*/*', true],
  ['owner/app', 'owner?app', false],
  ['owner/app', 'owner[^x]app', false],
  ['localhost:5000/app:1', 'localhost:5000/app', true],
  ['localhost:5000/app:1', 'localhost:5000/*', true],
  ['localhost:5000/app:1', 'app', false],
  [`alpine:3@${DIGEST}`, 'alpine', true],
  [`alpine:3@${DIGEST}`, 'alpine:3', true],
  [`alpine:3@${DIGEST}`, `alpine:3@${DIGEST}`, true],
  [`alpine@${DIGEST}`, 'alpine@sha256:*', true],
  ['a', '', false],
  ['aaab', 'a*b', true],
  ['aaab', '*a*b', true],
  ['aaab', '*c*', false],
  ['abcabd', '*ab?', true],
];

test('patterns match as docker images has them', () => {
  for (const [reference, pattern, expected] of ROWS) {
    assert.equal(matchesRepository(parseReference(reference), pattern), expected, `${reference} ${pattern}`);
  }
});

test('a malformed pattern is an error, whatever the name', () => {
  for (const pattern of ['[-x]', '[', '[]', '[]a]', '[a', '[a-', '[a-]', '[^]', 'a\\', '[\\', 'zzz[']) {
    assert.throws(() => matchesRepository(parseReference('foo'), pattern), { code: 'INVALID_OPTION' }, pattern);
  }
});

test('many stars take little time', () => {
  const name = parseReference(`x.io/${'a'.repeat(255)}`);
  const start = process.cpuUsage();
  assert.equal(matchesRepository(name, `${'a*'.repeat(2000)}b`), false);
  assert.equal(matchesRepository(name, `x.io/${'*a'.repeat(120)}*b`), false);
  assert.ok(process.cpuUsage(start).user < 5_000_000);
});
