import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { temporaryFolder } from '../access.test.fixture.ts';
import { openSigningKey } from './signing-key.ts';

test('many that begin at once agree on one key, which only its owner may read', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'token.pem');
  const keys = await Promise.all(Array.from({ length: 20 }, () => openSigningKey(path)));
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, 1);
  assert.deepEqual(readdirSync(folder), ['token.pem']);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal((await openSigningKey(path)).kid, keys[0]?.kid);
});

test('without a file every key is another', async () => {
  assert.notEqual((await openSigningKey(undefined)).kid, (await openSigningKey(undefined)).kid);
});

test('files with other things are refused, and nothing of them is told', async (t) => {
  const folder = temporaryFolder(t);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const table: readonly (readonly [string, number, RegExp])[] = [
    ['SECRET', 0o600, /no P-256 private key/],
    ['', 0o600, /no P-256 private key/],
    [String(rsa.export({ type: 'pkcs8', format: 'pem' })), 0o600, /no P-256 private key/],
    ['SECRET', 0o640, /may be read or written by others/],
  ];
  for (const [text, mode, message] of table) {
    const path = join(folder, 'key.pem');
    writeFileSync(path, text);
    chmodSync(path, mode);
    await assert.rejects(openSigningKey(path), (error) => {
      assert.ok(hasCode(error, 'INVALID_CONFIGURATION'));
      assert.match(error.message, message);
      assert.doesNotMatch(String(error), /SECRET/);
      return true;
    });
  }
  await assert.rejects(openSigningKey(folder), (error) => hasCode(error, 'IO_FAILED', 'INVALID_CONFIGURATION'));
});
