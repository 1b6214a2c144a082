import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { framingOf } from './body-framing.ts';
import { Malformed } from './malformed.ts';
import { HeadReader, parseHead } from './parse-head.ts';

const VALID = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: u\r\n\r\n',
  'HTTP/1.1 206 Partial Content\r\nContent-Type: a/b\r\n\r\nuntil the end',
].map((text) => Buffer.from(text));

const spoiled = fc
  .tuple(
    fc.constantFrom(...VALID),
    fc.array(fc.tuple(fc.nat(60), fc.constantFrom(0, 9, 10, 13, 32, 44, 45, 48, 57, 58, 59, 70, 103, 127, 128, 255)), {
      maxLength: 4,
    }),
  )
  .map(([valid, changes]) => {
    const bytes = Buffer.from(valid);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  });

/** What a reader makes of `bytes` in pieces of `size`: the content, or that it is refused. */
function read(bytes: Buffer, size: number): string {
  const reader = new HeadReader();
  let framing: ReturnType<typeof framingOf> | undefined;
  let content = '';
  try {
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size);
      if (framing !== undefined) framing.feed(piece);
      else {
        const found = reader.feed(piece);
        if (found === undefined) continue;
        framing = framingOf(parseHead(found.text), 'GET');
        framing.feed(found.rest);
      }
      for (let part = framing.take(); part !== undefined; part = framing.take())
        content += Buffer.from(part).toString('latin1');
      if (framing.done) return `whole: ${content}`;
    }
  } catch (error) {
    if (error instanceof Malformed) return 'refused';
    throw error;
  }
  return framing?.close() === true ? `whole: ${content}` : `cut: ${content}`;
}

test('whatever comes is read or refused, the same way however it is cut', () => {
  fc.assert(
    fc.property(spoiled, fc.integer({ min: 1, max: 20 }), (bytes, size) => {
      const whole = read(bytes, bytes.length);
      const cut = read(bytes, size);
      // A refusal may come before or after the first pieces of content were handed out, never in place of a good end.
      assert.equal(cut, whole);
    }),
    { numRuns: 2000 },
  );
});

test('bytes at random are never an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      assert.match(read(Buffer.from(bytes), 50), /^(refused|cut: )$/);
    }),
    { numRuns: 1000 },
  );
});
