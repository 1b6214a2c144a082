import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { readJson } from './read-json.ts';

function body(): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers: { 'content-type': 'application/json' } }) as never;
}

test('a body that stops in the middle is given up, and leaves its room to others', async () => {
  const halves = Array.from({ length: 7 }, () => {
    const half = body();
    half.write(Buffer.alloc(4 * 2 ** 20, ' '));
    return assert.rejects(readJson(half, 100), { status: 408 });
  });
  await Promise.all(halves);
  for (let n = 0; n < 2; n += 1) {
    const whole = body();
    whole.end(Buffer.concat([Buffer.from('{"a":1}'), Buffer.alloc(3 * 2 ** 20, ' ')]));
    assert.deepEqual(await readJson(whole), { a: 1 });
  }
});
