import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '#errors';
import type { ProgressMessage } from '../../api/progress-message.ts';
import { streamError } from './stream-error.ts';

const told = (message: ProgressMessage) => streamError(message, 'the pull of x');

test("an engine's words tell what kind of failure it was", () => {
  const rows: readonly (readonly [text: string, code: ErrorCode])[] = [
    ['unexpected EOF', 'SERVER_FAILED'],
    ['unauthorized: authentication required', 'UNAUTHORIZED'],
    ['no basic auth credentials', 'UNAUTHORIZED'],
    ['denied: requested access to the resource is denied', 'DENIED'],
    ["pull access denied for x, repository does not exist or may require 'docker login'", 'DENIED'],
    ['An image does not exist locally with the tag: localhost:5000/nosuch', 'NOT_FOUND'],
    ['No such image: x:latest', 'NOT_FOUND'],
    ['manifest for localhost:5000/nosuch:latest not found: manifest unknown: manifest unknown', 'MANIFEST_UNKNOWN'],
    ['toomanyrequests: You have reached your pull rate limit.', 'TOO_MANY_REQUESTS'],
    ['no matching manifest for linux/s390x in the manifest list entries', 'PLATFORM_UNKNOWN'],
    ['write /var/lib/x: no space left on device', 'DISK_FULL'],
    ['Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host', 'SERVER_FAILED'],
  ];
  for (const [message, code] of rows) {
    const found = told({ error: message, errorDetail: { message } });
    assert.equal(found?.code, code, message);
    assert.equal(found?.message, `the pull of x failed: ${message}`);
    assert.deepEqual(found?.detail, { message });
  }
});

test('either field tells of a failure, also without words', () => {
  assert.equal(told({ status: 'Pulling' }), undefined);
  assert.equal(told({ error: 'old' })?.detail['message'], 'old');
  assert.equal(told({ errorDetail: { message: 'new' } })?.detail['message'], 'new');
  assert.match(told({ error: '' })?.message ?? '', /does not say why/);
  assert.match(told({ errorDetail: { message: '' }, error: '' })?.message ?? '', /does not say why/);
  assert.equal(told({ errorDetail: { message: '' }, error: 'only here' })?.detail['message'], 'only here');
});

test('the status of a step is a fact, and what could steer a terminal is not shown', () => {
  const found = told({ errorDetail: { code: 7, message: 'exit \u001b[2J\n7' } });
  assert.equal(found?.message, 'the pull of x failed: exit  [2J 7');
  assert.deepEqual(found?.detail, { message: 'exit \u001b[2J\n7', code: 7 });
});
