import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framingOf, LengthFraming, UntilClose } from './body-framing.ts';
import { ChunkedFraming } from './chunked-framing.ts';
import { Malformed } from './malformed.ts';
import { parseHead } from './parse-head.ts';
import type { HttpMethod } from './types.ts';

const framing = (head: string, method: HttpMethod = 'GET'): ReturnType<typeof framingOf> =>
  framingOf(parseHead(head), method);

test('the head says where the body ends', () => {
  assert.equal(framing('HTTP/1.1 200 OK\r\nContent-Length: 0012').length, 12);
  assert.ok(framing('HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked') instanceof ChunkedFraming);
  assert.ok(framing('HTTP/1.1 200 OK') instanceof UntilClose);
  assert.ok(framing('HTTP/1.0 200 OK') instanceof UntilClose);
});

test('HEAD, 204 and 304 have no body, whatever their head says', () => {
  assert.equal(framing('HTTP/1.1 200 OK\r\nContent-Length: 12', 'HEAD').length, 0);
  assert.equal(framing('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked', 'HEAD').length, 0);
  assert.equal(framing('HTTP/1.1 200 OK', 'HEAD').done, true);
  assert.equal(framing('HTTP/1.1 204 No Content').done, true);
  assert.equal(framing('HTTP/1.1 304 Not Modified\r\nContent-Length: 5').done, true);
});

test('what two readers could understand in two ways is refused', () => {
  for (const fields of [
    'Content-Length: 5\r\nContent-Length: 5',
    'Content-Length: 5\r\ncontent-length: 6',
    'Content-Length: 5, 5',
    'Content-Length: +5',
    'Content-Length: -5',
    'Content-Length: 5 5',
    'Content-Length: 0x5',
    'Content-Length: 5.0',
    'Content-Length: 1e3',
    'Content-Length:',
    'Content-Length: 9999999999999999',
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 0',
    'Transfer-Encoding: gzip',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunked\u00a0',
    'Transfer-Encoding:',
  ]) {
    assert.throws(() => framing(`HTTP/1.1 200 OK\r\n${fields}`), Malformed, fields);
    assert.throws(() => framing(`HTTP/1.1 200 OK\r\n${fields}`, 'HEAD'), Malformed, fields);
  }
  assert.throws(() => framing('HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked'), Malformed);
});

test('a length takes its bytes and no more', () => {
  const body = new LengthFraming(5);
  body.feed(Buffer.from('abc'));
  assert.deepEqual(body.take(), Buffer.from('abc'));
  assert.equal(body.take(), undefined);
  assert.equal(body.close(), false);
  body.feed(Buffer.from('defg'));
  assert.deepEqual(body.take(), Buffer.from('de'));
  assert.equal(body.take(), undefined);
  assert.equal(body.done, true);
  assert.equal(body.unused, 2);
});

test('a body until the close ends there, once all was taken', () => {
  const body = framing('HTTP/1.1 200 OK');
  body.feed(Buffer.from('abc'));
  assert.deepEqual(body.take(), Buffer.from('abc'));
  assert.equal(body.done, false);
  assert.equal(body.close(), true);
  assert.equal(body.done, true);
});
