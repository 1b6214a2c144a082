import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  answerWith,
  bearerAuth,
  changeReply,
  contentLength,
  endless,
  extraBytes,
  type Fault,
  header,
  type Match,
  noContentLength,
  rawAnswer,
  reply,
  takeOver,
  truncate,
} from 'dray/testing';
import {
  kinds,
  large,
  ofConfig,
  ofLarge,
  ofManifest,
  ofToken,
  size,
  type TransferCase,
  transferCases,
  usual,
} from './transfer-cases.ts';

const raw = (head: string, body: Uint8Array | string = large.bytes): Buffer =>
  Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
const layer = (head: string, body?: Uint8Array | string): Fault =>
  rawAnswer(raw(`HTTP/1.1 200 OK\r\n${head}\r\n`, body), ofLarge);
const lengthy = `content-length: ${size}\r\n`;
const once = { times: 1 };

transferCases('lengths that lie', [
  {
    name: 'shorter, for a layer',
    faults: [contentLength((actual) => actual - 10, ofLarge)],
    ends: /should have 400291 bytes/,
  },
  {
    name: 'longer, for a layer',
    faults: [contentLength((actual) => actual + 10, ofLarge)],
    ends: /should have 400291 bytes/,
  },
  {
    name: 'shorter, for the manifest',
    faults: [contentLength((actual) => actual - 10, ofManifest)],
    ends: /manifest|digest/,
  },
  {
    name: 'longer, for the manifest',
    faults: [contentLength((actual) => actual + 10, ofManifest)],
    flags: ['--retry', '1'],
    ends: /closed the connection/,
  },
  { name: 'longer, for the config', faults: [contentLength((actual) => actual + 10, ofConfig)], ends: /should have/ },
  { name: 'two that differ', faults: [layer(`${lengthy}content-length: 5\r\n`)], ends: /more than one Content-Length/ },
  { name: 'two that agree', faults: [layer(lengthy + lengthy)], ends: /more than one Content-Length/ },
  { name: 'negative', faults: [layer('content-length: -1\r\n')], ends: /Content-Length is "-1"/ },
  { name: 'with a plus', faults: [layer(`content-length: +${size}\r\n`)], ends: /Content-Length is/ },
  { name: 'huge', faults: [layer('content-length: 999999999999999\r\n')], ends: /should have 400291 bytes/ },
  {
    name: 'larger than any number',
    faults: [layer(`content-length: ${'9'.repeat(30)}\r\n`)],
    ends: /Content-Length is/,
  },
  { name: 'hexadecimal', faults: [layer('content-length: 0x61ba3\r\n')], ends: /Content-Length is/ },
  { name: 'empty', faults: [layer('content-length:\r\n')], ends: /Content-Length is/ },
  {
    name: 'huge, for the manifest',
    faults: [contentLength(() => '99999999999', ofManifest)],
    ends: /larger than 4194304 bytes/,
  },
  {
    name: 'beside chunks',
    faults: [layer(`${lengthy}transfer-encoding: chunked\r\n`)],
    ends: /Content-Length and a Transfer-Encoding/,
  },
  { name: 'none, chunks', faults: [noContentLength()], ends: 'right' },
  { name: 'none, until the end', faults: [noContentLength({ framing: 'close' })], ends: 'right' },
  {
    name: 'none, chunks, and too few bytes',
    faults: [noContentLength(ofLarge), truncate(100_000, ofLarge)],
    ends: 'right',
  },
  {
    name: 'none, and too many bytes',
    faults: [noContentLength(ofLarge), extraBytes(1, { ...ofLarge, announced: true })],
    ends: /sends more/,
  },
  {
    name: 'too many bytes that are announced',
    faults: [extraBytes(10, { ...ofLarge, announced: true })],
    ends: /should have 400291 bytes/,
  },
  { name: 'too few bytes that are announced', faults: [truncate(100_000, ofLarge)], ends: /should have 400291 bytes/ },
  { name: 'too few bytes of the config', faults: [truncate(100, ofConfig)], ends: /should have/ },
]);

const chunks = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
const chunked = 'transfer-encoding: chunked\r\n';
const all = size.toString(16);

function byteByByte(bytes: Uint8Array): Buffer {
  const body = Buffer.alloc(bytes.length * 6 + 5, '1\r\n-\r\n');
  for (const [at, byte] of bytes.entries()) body[at * 6 + 3] = byte;
  body.write('0\r\n\r\n', bytes.length * 6);
  return body;
}

transferCases('chunks', [
  { name: 'in order', faults: [layer(chunked, chunks(`${all}\r\n`, large.bytes, '\r\n0\r\n\r\n'))], ends: 'right' },
  {
    name: 'with extensions and trailers',
    faults: [layer(chunked, chunks(`${all};a=b;c="d"\r\n`, large.bytes, '\r\n0\r\nx-trailer: y\r\n\r\n'))],
    ends: 'right',
  },
  {
    name: 'with leading zeros',
    faults: [layer(chunked, chunks(`0000${all}\r\n`, large.bytes, '\r\n000\r\n\r\n'))],
    ends: 'right',
  },
  {
    name: 'of a size that is no number',
    faults: [layer(chunked, chunks('zz\r\n', large.bytes))],
    ends: /chunk size "zz"/,
  },
  { name: 'of a negative size', faults: [layer(chunked, chunks('-1\r\n', large.bytes))], ends: /chunk size/ },
  {
    name: 'of a size that overflows',
    faults: [layer(chunked, chunks('ffffffffffffffffffff\r\n', large.bytes))],
    ends: /chunk size/,
  },
  { name: 'of no size', faults: [layer(chunked, chunks('\r\n', large.bytes))], ends: /chunk size/ },
  {
    name: 'longer than they say',
    faults: [layer(chunked, chunks('10\r\n', large.bytes, '\r\n0\r\n\r\n'))],
    ends: /longer than it says|too long|CRLF/,
  },
  {
    name: 'without the last one',
    faults: [
      rawAnswer(raw(`HTTP/1.1 200 OK\r\n${chunked}\r\n`, chunks(`${all}\r\n`, large.bytes, '\r\n')), {
        ...ofLarge,
        ...once,
      }),
    ],
    ends: 'right',
  },
  {
    name: 'cut in a size',
    faults: [rawAnswer(raw(`HTTP/1.1 200 OK\r\n${chunked}\r\n`, chunks('100')), { ...ofLarge, ...once })],
    ends: 'right',
  },
  {
    name: 'with an extension without end',
    faults: [flood(`HTTP/1.1 200 OK\r\n${chunked}\r\n10;`, 'a=b;', ofLarge)],
    ends: /too long/,
  },
  {
    name: 'with trailers without end',
    faults: [flood(`HTTP/1.1 200 OK\r\n${chunked}\r\n0\r\n`, 'x: y\r\n', ofLarge)],
    ends: /trailers/,
  },
  {
    name: 'of a byte each',
    faults: [layer(chunked, byteByByte(large.bytes))],
    ends: 'right',
  },
  {
    name: 'of a byte each, with extensions',
    faults: [flood(`HTTP/1.1 200 OK\r\n${chunked}\r\n`, `1;${'x'.repeat(1000)}\r\na\r\n`, ofLarge)],
    ends: /extensions/,
  },
  {
    name: 'under a compression that nobody asked for',
    faults: [layer('transfer-encoding: gzip, chunked\r\n', chunks(`${all}\r\n`, large.bytes, '\r\n0\r\n\r\n'))],
    ends: /Transfer-Encoding is/,
  },
]);

/** Says `head`, then `more` as fast as it is taken, without end. */
function flood(head: string, more: string, match: Match = {}): Fault {
  return takeOver((socket: Socket) => {
    const piece = Buffer.from(more.repeat(Math.ceil(65_536 / more.length)), 'latin1');
    const go = (): void => {
      while (!socket.destroyed && socket.write(piece));
      if (!socket.destroyed) socket.once('drain', go);
    };
    socket.write(head, 'latin1');
    go();
  }, match);
}

const page = (code: number): string => `HTTP/1.1 ${code} Hm\r\ntransfer-encoding: chunked\r\n\r\n`;
const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`;

const member = gzipSync(Buffer.alloc(16 << 20));
const bomb = Buffer.concat(Array.from({ length: 64 }, () => member));

transferCases('floods', [
  { name: 'a manifest without end', faults: [endless(ofManifest)], ends: /larger than 4194304 bytes/ },
  {
    name: 'a manifest of blanks without end',
    faults: [flood(page(200), `1000\r\n${' '.repeat(4096)}\r\n`, ofManifest)],
    ends: /larger than 4194304 bytes/,
  },
  { name: 'a config without end', faults: [endless(ofConfig)], ends: /sends more/ },
  { name: 'a layer without end', faults: [endless(ofLarge)], ends: /sends more/ },
  { name: 'a token without end', auth: bearerAuth(), faults: [endless(ofToken)], ends: /larger than 131072 bytes/ },
  ...[401, 403, 404, 400].map(
    (code): TransferCase => ({
      name: `an error page of ${code} without end`,
      faults: [flood(page(code), chunk, ofManifest)],
      ends: /./,
    }),
  ),
  {
    name: 'error pages of 500 without end',
    faults: [flood(page(500), chunk, ofManifest)],
    flags: ['--retry', '2'],
    ends: /500/,
  },
  { name: 'an error page for a layer without end', faults: [flood(page(404), chunk, ofLarge)], ends: /not found/ },
  {
    name: 'an error page for a token without end',
    auth: bearerAuth(),
    faults: [flood(page(403), chunk, ofToken)],
    ends: /token/,
  },
  {
    name: 'a redirect with a page without end',
    faults: [flood('HTTP/1.1 307 Hm\r\nlocation: /elsewhere\r\ntransfer-encoding: chunked\r\n\r\n', chunk, ofManifest)],
    ends: /404|not found/,
  },
  { name: 'a body without end behind 416', faults: [flood(page(416), chunk, ofLarge)], ends: /416/ },
  {
    name: 'a head without end',
    faults: [flood('HTTP/1.1 200 OK\r\n', 'x: y\r\n', ofManifest)],
    ends: /head is longer/,
  },
  { name: 'one header without end', faults: [flood('HTTP/1.1 200 OK\r\nx: ', 'y', ofLarge)], ends: /head is longer/ },
  { name: 'a status line without end', faults: [flood('HTTP/1.1 200 ', 'K', ofLarge)], ends: /head is longer/ },
  { name: '10,000 headers', faults: [layer('x: y\r\n'.repeat(10_000))], ends: /more than 200 lines/ },
  { name: 'a head of more than 64 KiB', faults: [layer(`x: ${'y'.repeat(70_000)}\r\n`)], ends: /head is longer/ },
  {
    name: 'interim answers without end',
    faults: [flood('', 'HTTP/1.1 100 Continue\r\n\r\n', ofLarge)],
    ends: /interim answers/,
  },
  {
    name: 'early hints without end',
    faults: [flood('', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n', ofManifest)],
    ends: /interim answers/,
  },
  ...kinds.map(
    ([what, match]): TransferCase => ({
      name: `gzip of 1 GiB as the encoding of ${what}`,
      auth: bearerAuth(),
      faults: [changeReply(match, (answer) => ({ ...answer, body: bomb, headers: { 'content-encoding': 'gzip' } }))],
      ends: /./,
    }),
  ),
  { name: 'bytes that are no HTTP', faults: [flood('', '\u0000\u00ff')], ends: /not valid HTTP/ },
]);

transferCases('heads', [
  { name: 'HTTP/1.0', faults: [rawAnswer(raw(`HTTP/1.0 200 OK\r\n${lengthy}\r\n`), ofLarge)], ends: 'right' },
  { name: 'HTTP/1.0 without a length', faults: [rawAnswer(raw('HTTP/1.0 200 OK\r\n\r\n'), ofLarge)], ends: 'right' },
  {
    name: 'HTTP/1.0 with keep-alive',
    faults: [rawAnswer(raw(`HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n${lengthy}\r\n`), ofLarge)],
    ends: 'right',
  },
  { name: 'HTTP/2', faults: [rawAnswer(raw(`HTTP/2 200\r\n${lengthy}\r\n`), ofLarge)], ends: /not valid HTTP/ },
  { name: 'HTTP/0.9', faults: [rawAnswer(large.bytes, ofLarge)], ends: /not valid HTTP/ },
  { name: 'another protocol', faults: [rawAnswer('SSH-2.0-OpenSSH_9.2\r\n')], ends: /not valid HTTP/ },
  { name: 'an empty answer', faults: [rawAnswer('', { ...ofLarge, times: 2 })], ends: 'right' },
  {
    name: '100 Continue first',
    faults: [rawAnswer(raw(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${lengthy}\r\n`), ofLarge)],
    ends: 'right',
  },
  {
    name: 'early hints first',
    faults: [
      rawAnswer(
        raw(`${'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(3)}HTTP/1.1 200 OK\r\n${lengthy}\r\n`),
        ofLarge,
      ),
    ],
    ends: 'right',
  },
  {
    name: '101 Switching Protocols',
    faults: [rawAnswer('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', ofLarge)],
    ends: /protocol/,
  },
  { name: 'status 999', faults: [rawAnswer(raw(`HTTP/1.1 999 Hm\r\n${lengthy}\r\n`), ofLarge)], ends: /999/ },
  { name: 'status 000', faults: [rawAnswer(raw(`HTTP/1.1 000 Hm\r\n${lengthy}\r\n`), ofLarge)], ends: /status line/ },
  { name: 'no reason', faults: [rawAnswer(raw(`HTTP/1.1 200\r\n${lengthy}\r\n`), ofLarge)], ends: 'right' },
  { name: 'a header without a colon', faults: [layer('nonsense\r\n')], ends: /header line/ },
  { name: 'a header over two lines', faults: [layer(`x: a\r\n b\r\n${lengthy}`)], ends: /second line/ },
  {
    name: 'escape sequences',
    faults: [layer(`x: \u001b]0;gotcha\u0007\u001b[31m\r\n${lengthy}`)],
    ends: /control characters/,
  },
  { name: 'a null byte', faults: [layer(`x: a\0b\r\n${lengthy}`)], ends: /control characters/ },
  { name: 'blanks before the colon', faults: [layer(`content-length : ${size}\r\n`)], ends: /header line/ },
  {
    name: 'lines that end with LF alone',
    faults: [rawAnswer(raw(`HTTP/1.1 200 OK\n${lengthy.trim()}\n\n`), ofLarge)],
    flags: ['--retry', '1', '--stall-timeout', '1s'],
    ends: /./,
  },
  {
    name: 'Content-Encoding of bytes that are as they should be',
    faults: [header('content-encoding', 'gzip', ofLarge)],
    ends: 'right',
  },
  {
    name: 'Content-Encoding: gzip, and gzipped',
    faults: [
      changeReply(ofLarge, (answer) => ({
        ...answer,
        body: gzipSync(answer.body),
        headers: { ...answer.headers, 'content-encoding': 'gzip' },
      })),
    ],
    ends: 'right',
  },
  {
    name: 'Content-Encoding: gzip, and gzipped, for the manifest',
    faults: [
      changeReply(ofManifest, (answer) => ({
        ...answer,
        body: gzipSync(answer.body),
        headers: { ...answer.headers, 'content-encoding': 'gzip' },
      })),
    ],
    ends: 'right',
  },
  {
    name: 'an answer to another request',
    faults: [answerWith(ofLarge, () => reply(200, {}, usual.blobs.get(usual.config.digest)))],
    ends: /should have 400291 bytes/,
  },
]);
