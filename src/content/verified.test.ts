import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf } from '#bytes';
import { type Descriptor, digestOf } from '#oci';
import { rejects } from '#testing';
import { verified } from './verified.ts';

const BYTES = Buffer.from('some content');
const TARGET: Descriptor = { mediaType: 'text/plain', digest: digestOf(BYTES), size: BYTES.length };

/** What comes through before it ends. */
async function through(bytes: Uint8Array, seen: Uint8Array[] = []): Promise<Buffer> {
  for await (const chunk of verified(bytesOf(bytes), TARGET, 'it')) seen.push(chunk);
  return Buffer.concat(seen);
}

test('the bytes as they are', async () => {
  assert.deepEqual(await through(BYTES), BYTES);
});

test('others, fewer and more are told, more before they are given out', async () => {
  await rejects(through(Buffer.from('SOME content')), 'DIGEST_MISMATCH');
  await rejects(through(BYTES.subarray(1)), 'SIZE_MISMATCH');
  const seen: Uint8Array[] = [];
  await rejects(through(Buffer.concat([BYTES, BYTES]), seen), 'SIZE_MISMATCH');
  assert.deepEqual(seen, []);
});
