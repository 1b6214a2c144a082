import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { checkRequest, formatHead } from './request-head.ts';

const plain = { userAgent: 'dray/1', bodyLength: undefined };

test('a request has its own headers first, and no userinfo or fragment', () => {
  const request = {
    method: 'GET',
    url: new URL('http://user:secret@h.example:5000/v2/a b?n=1#frag'),
    headers: { accept: 'a/b', range: 'bytes=1-' },
  } as const;
  assert.equal(
    formatHead(request, plain),
    'GET /v2/a%20b?n=1 HTTP/1.1\r\nHost: h.example:5000\r\nUser-Agent: dray/1\r\naccept: a/b\r\nrange: bytes=1-\r\n\r\n',
  );
});

test('a body is announced by its length or as chunked', () => {
  const request = { method: 'PUT', url: new URL('http://[::1]/x') } as const;
  assert.match(formatHead(request, { ...plain, bodyLength: 0 }), /Host: \[::1\]\r\n.*\r\nContent-Length: 0\r\n\r\n$/s);
  assert.match(formatHead(request, { ...plain, bodyLength: 'chunked' }), /\r\nTransfer-Encoding: chunked\r\n\r\n$/);
});

test('through a proxy the whole URL is asked for, with the proxy’s authorization', () => {
  const request = { method: 'GET', url: new URL('http://u:p@h.example/a?b') } as const;
  const head = formatHead(request, { ...plain, forward: { authorization: 'Basic eA==' } });
  assert.match(head, /^GET http:\/\/h\.example\/a\?b HTTP\/1\.1\r\nHost: h\.example\r\n/);
  assert.match(head, /\r\nProxy-Authorization: Basic eA==\r\n/);
});

test('what must not be sent is refused, and its value not shown', () => {
  const refuse = (headers: Record<string, string>): void =>
    assert.throws(
      () => checkRequest({ method: 'GET', url: new URL('http://h/?q=secret'), headers }),
      (error) => hasCode(error, 'INVALID_OPTION') && !error.message.includes('secret'),
      JSON.stringify(headers),
    );
  for (const value of [
    'secret\r\nX: y',
    'secret\n',
    'secret\u0000',
    'secret\u0100',
    'secret\u007f',
    'secret\u001b[m',
  ]) {
    refuse({ authorization: value });
  }
  for (const name of ['a b', 'a:b', '', 'é', 'a\r\nb', 'x'.repeat(101)]) refuse({ [name]: 'v' });
  for (const name of ['host', 'Content-Length', 'transfer-encoding', 'connection', 'user-agent', 'upgrade', 'expect']) {
    refuse({ [name]: 'v' });
  }
  checkRequest({ method: 'GET', url: new URL('https://h/'), headers: { 'x-ok': 'tab\tand é' } });
});

test('only http and https are spoken', () => {
  for (const url of ['ftp://h/', 'file:///etc/passwd', 'ws://h/', 'data:,x']) {
    assert.throws(
      () => checkRequest({ method: 'GET', url: new URL(url) }),
      (error) => hasCode(error, 'INVALID_OPTION'),
    );
  }
});
