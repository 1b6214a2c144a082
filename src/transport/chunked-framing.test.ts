import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkedFraming } from './chunked-framing.ts';
import { Malformed } from './malformed.ts';
import { latin1 } from './parse-head.ts';

/** Everything that comes out when `text` is fed in pieces of `size` bytes. */
function decode(text: string, size: number = text.length): { body: string; done: boolean; unused: number } {
  const framing = new ChunkedFraming();
  let body = '';
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) {
    framing.feed(bytes.subarray(at, at + size));
    for (let piece = framing.take(); piece !== undefined; piece = framing.take()) body += latin1(piece);
  }
  return { body, done: framing.done, unused: framing.unused };
}

test('chunks are put together, however they are cut', () => {
  const text = '5\r\nhello\r\n1;ext="a;b"\r\n \r\n00006\r\nworld!\r\n0\r\nX-Sum: 1\r\n\r\n';
  for (let size = 1; size <= text.length; size++) {
    assert.deepEqual(decode(text, size), { body: 'hello world!', done: true, unused: 0 }, String(size));
  }
});

test('an upper case size, blanks behind it and no content are understood', () => {
  assert.equal(decode(`A \r\n${'x'.repeat(10)}\r\n0\r\n\r\n`).body.length, 10);
  assert.deepEqual(decode('0\r\n\r\n'), { body: '', done: true, unused: 0 });
});

test('what comes behind the end is left, and counted', () => {
  assert.deepEqual(decode('1\r\na\r\n0\r\n\r\nHTTP/1.1 200'), { body: 'a', done: true, unused: 12 });
});

test('an end that has not come is not the end', () => {
  for (const text of ['', '5', '5\r\n', '5\r\nhel', '5\r\nhello', '5\r\nhello\r\n', '0\r\n', '0\r\nA: b\r\n']) {
    const framing = new ChunkedFraming();
    framing.feed(Buffer.from(text));
    while (framing.take() !== undefined);
    assert.equal(framing.close(), false, text);
  }
});

test('sizes that are none are refused', () => {
  for (const size of [
    '',
    ' 5',
    '-5',
    '+5',
    '0x5',
    'g',
    '5 5',
    '5,',
    '12345678901234',
    'fffffffffffffffff',
    '5\u0000',
    '5;\u0000',
    '5;a\u007f',
  ]) {
    assert.throws(() => decode(`${size}\r\nhello\r\n0\r\n\r\n`), Malformed, JSON.stringify(size));
  }
});

test('line ends other than CRLF are refused', () => {
  for (const text of [
    '5\nhello\r\n0\r\n\r\n',
    '5\r\nhello\n0\r\n\r\n',
    '5\r\nhello0\r\n\r\n',
    '5\r\nhello!\r\n0\r\n\r\n',
    '5\r\nhello\r\n0\n\n',
    '5\r\r\nhello\r\n0\r\n\r\n',
  ]) {
    assert.throws(() => decode(text), Malformed, JSON.stringify(text));
  }
});

test('extensions and trailers are bounded', () => {
  assert.throws(() => decode(`1;${'a'.repeat(5000)}\r\n`), /too long/);
  assert.throws(() => decode(`1;${'a'.repeat(3000)}\r\nx\r\n`.repeat(40)), /mostly extensions/);
  assert.throws(() => decode('5'.repeat(5000), 1), /too long/);
  assert.throws(() => decode(`0\r\n${'A: b\r\n'.repeat(65)}\r\n`), /trailers/);
  assert.throws(() => decode('0\r\nno colon\r\n\r\n'), Malformed);
  assert.throws(() => decode('0\r\nA: b\r\n folded\r\n\r\n'), /second line/);
  assert.equal(decode(`${'1;a=b\r\nx\r\n'.repeat(100_000)}0\r\n\r\n`, 65_536).body.length, 100_000);
});
