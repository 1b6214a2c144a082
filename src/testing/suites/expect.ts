import assert from 'node:assert/strict';
import type { Source } from '#content';
import { type ErrorCode, isDrayError } from '#errors';
import { type Content, collect } from './content.ts';

/** Fails unless `work` rejects with a DrayError of one of these codes. */
export async function rejects(work: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<void> {
  const error = await work.then(
    () => assert.fail(`expected ${codes.join(' or ')}, but it was done`),
    (reason: unknown) => reason,
  );
  if (!isDrayError(error)) throw error;
  assert.ok(codes.includes(error.code), `expected ${codes.join(' or ')}, got ${error.code}: ${error.message}`);
}

export async function holds(place: Source, content: Content): Promise<void> {
  assert.equal(await place.has(content.descriptor), true, 'has() says it is not there');
  const found = await collect(await place.fetch(content.descriptor));
  assert.ok(Buffer.from(content.bytes).equals(found), 'fetch() gives other bytes');
}

export async function lacks(place: Source, content: Content): Promise<void> {
  assert.equal(await place.has(content.descriptor), false, 'has() says it is there');
  await rejects(readAway(place, content), 'BLOB_UNKNOWN', 'MANIFEST_UNKNOWN');
}

async function readAway(place: Source, content: Content): Promise<void> {
  await collect(await place.fetch(content.descriptor));
}
