import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from './malformed.ts';
import { HEAD_LIMIT, HeadReader, latin1, parseField, parseHead } from './parse-head.ts';

const refuses = (text: string, about: RegExp): void =>
  assert.throws(
    () => parseHead(text),
    (error) => error instanceof Malformed && about.test(error.message),
    JSON.stringify(text),
  );

test('a head is read with its version, status, reason and headers', () => {
  const head = parseHead(
    'HTTP/1.1 206 Partial Content\r\nContent-Type: a/b\r\nX-Empty:\r\nlink:\t<x> \t\r\nLINK: <y>\r\nx-high: \u00e9\u0080',
  );
  assert.equal(head.minorVersion, 1);
  assert.equal(head.status, 206);
  assert.equal(head.reason, 'Partial Content');
  assert.equal(head.headers.get('content-type'), 'a/b');
  assert.equal(head.headers.get('X-Empty'), '');
  assert.equal(head.headers.get('Link'), '<x>, <y>');
  assert.deepEqual(head.headers.all('link'), ['<x>', '<y>']);
  assert.deepEqual(head.headers.all('missing'), []);
  assert.equal(head.headers.get('missing'), undefined);
  assert.deepEqual(
    [...head.headers.entries()].map(([name]) => name),
    ['content-type', 'x-empty', 'link', 'x-high'],
  );
});

test('a reason may be missing, with its blank or without, and version 1.0 is known', () => {
  assert.equal(parseHead('HTTP/1.0 404').status, 404);
  assert.equal(parseHead('HTTP/1.0 404').minorVersion, 0);
  assert.equal(parseHead('HTTP/1.1 200 ').reason, '');
});

test('a status line that is none is refused', () => {
  for (const line of [
    '',
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/1.1 20',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.2 200 OK',
    'HTTP/2 200',
    'HTTP/11 200 OK',
    'http/1.1 200 OK',
    ' HTTP/1.1 200 OK',
    'HTTP/1.1 2x0 OK',
    'HTTP/1.1 200OK',
    'ICY 200 OK',
  ]) {
    refuses(line, /status line/);
  }
  refuses('HTTP/1.1 200 O\u0000K', /control/);
  refuses('HTTP/1.1 200 OK\nX: y', /control/);
});

test('header lines that two readers could understand in two ways are refused', () => {
  for (const line of ['no colon', ': no name', 'name : x', 'na me: x', 'na\u00e9me: x', 'a(b): x', '']) {
    refuses(`HTTP/1.1 200 OK\r\n${line}`, /header line/);
  }
  refuses('HTTP/1.1 200 OK\r\nA: b\r\n c', /second line/);
  refuses('HTTP/1.1 200 OK\r\n\tc: d', /second line/);
  for (const character of ['\u0000', '\n', '\r', '\u001b', '\u007f', '\u0008', '\u000b']) {
    refuses(`HTTP/1.1 200 OK\r\nA: b${character}c`, /control/);
    refuses(`HTTP/1.1 200 OK\r\nA${character}: b`, /control/);
  }
});

test('what is shown of a bad head is cleaned and short', () => {
  assert.throws(
    () => parseHead(`HTTP/1.1 \u001b[31m${'x'.repeat(5000)}`),
    (error) => error instanceof Error && !error.message.includes('\u001b') && error.message.length < 200,
  );
});

test('at most 200 lines', () => {
  const lines = (count: number): string => `HTTP/1.1 200 OK${'\r\nA: b'.repeat(count)}`;
  assert.equal(parseHead(lines(199)).headers.all('a').length, 199);
  refuses(lines(200), /200 lines/);
});

test('the reader finds the end wherever the chunks are cut', () => {
  const text = 'HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody';
  for (let first = 0; first < text.length; first++) {
    for (let second = first; second < text.length; second++) {
      const reader = new HeadReader();
      const parts = [text.slice(0, first), text.slice(first, second), text.slice(second)];
      let found: ReturnType<HeadReader['feed']>;
      let rest = '';
      for (const part of parts) {
        if (found === undefined) {
          found = reader.feed(Buffer.from(part));
          rest = latin1(found?.rest ?? new Uint8Array());
        } else rest += part;
      }
      assert.equal(found?.text, 'HTTP/1.1 200 OK\r\nA: b');
      assert.equal(rest, 'body');
    }
  }
});

test('a head over 64 KiB is refused in one piece and in many', () => {
  const filler = `A: ${'b'.repeat(1000)}\r\n`;
  const long = Buffer.from(`HTTP/1.1 200 OK\r\n${filler.repeat(70)}\r\n`);
  assert.throws(() => new HeadReader().feed(long), /longer than 65536/);
  const reader = new HeadReader();
  assert.throws(() => {
    for (let at = 0; at < long.length; at += 100) reader.feed(long.subarray(at, at + 100));
  }, /longer than 65536/);
  const start = 'HTTP/1.1 200 OK\r\nA: ';
  const longest = Buffer.from(`${start}${'b'.repeat(HEAD_LIMIT - start.length - 4)}\r\n\r\n`);
  assert.equal(new HeadReader().feed(longest)?.text.length, HEAD_LIMIT - 4);
});

test('what is no HTTP is refused at its first bytes', () => {
  for (const [bytes, about] of [
    ['SSH-2.0-OpenSSH_9', /begins with "SSH-2.0/],
    ['<html>', /begins with/],
    ['\u0015\u0003\u0003\u0000\u0002\u0002F', /TLS/],
    ['HTTP/2.0 200', /begins with/],
    ['\r\nHTTP/1.1 200 OK', /begins with/],
  ] as const) {
    assert.throws(() => new HeadReader().feed(Buffer.from(bytes, 'latin1')), about);
    assert.throws(() => {
      const reader = new HeadReader();
      for (const byte of Buffer.from(bytes, 'latin1')) reader.feed(Buffer.from([byte]));
    }, Malformed);
  }
});

test('a field is a name in lower case and a value without blanks around it', () => {
  assert.deepEqual(parseField('X-Trailer:  a b '), ['x-trailer', 'a b']);
});
