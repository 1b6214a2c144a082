import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, hasCode } from '#errors';
import { type Digest, digestOf } from '#oci';
import { systemClock } from '#timing';
import type { HttpResponse } from '#transport';
import type { RepositoryContext } from '../context.ts';
import { checkedLocation, locationOf, withDigest } from './location.ts';
import { receivedOf } from './upload-range.ts';

function contextOf(url: string, address?: string): RepositoryContext {
  const unused = (): never => assert.fail('nothing is to be asked');
  return {
    endpoint: { url, domain: new URL(url).host, mirror: false },
    path: 'team/app',
    name: 'team/app',
    send: unused,
    sendBare: unused,
    address: () => address,
    redact: (text) => text,
    retries: 0,
    clock: systemClock,
    uploads: { read: () => undefined, write: () => {}, remove: () => {} },
    opened: new Map(),
  };
}

function answer(url: string, location: readonly string[]): HttpResponse {
  return {
    status: 202,
    url: new URL(url),
    headers: { get: () => location.join(', '), all: () => location, entries: () => [] },
    remoteAddress: undefined,
    body: {
      length: 0,
      pour: () => Promise.resolve(),
      discard: () => Promise.resolve(),
      async *[Symbol.asyncIterator]() {},
    },
  };
}

const POST = 'https://r.example/v2/team/app/blobs/uploads/';

describe('a Location', () => {
  for (const [location, expected] of [
    ['/v2/x?a=b', 'https://r.example/v2/x?a=b'],
    ['uuid?a=%2B+%20&c', 'https://r.example/v2/team/app/blobs/uploads/uuid?a=%2B+%20&c'],
    ['?a=b', `${POST}?a=b`],
    ['//other.example/x', 'https://other.example/x'],
    ['https://r.example:443/x', 'https://r.example/x'],
    ['http://r.example/x?_state=1', 'https://r.example/x?_state=1'],
    ['http://r.example:80/x', 'https://r.example/x'],
    ['https://storage.example/x?X-Sig=a%2Fb', 'https://storage.example/x?X-Sig=a%2Fb'],
    ['https://user:pass@storage.example/x#part', 'https://storage.example/x'],
  ] as const) {
    it(`${location} is ${expected}`, () => {
      assert.equal(locationOf(answer(POST, [location]), contextOf('https://r.example'))?.href, expected);
    });
  }

  for (const [location, code] of [
    ['http://other.example/x', 'REDIRECT_REFUSED'],
    ['http://r.example:8080/x', 'REDIRECT_REFUSED'],
    ['https://10.0.0.1/x', 'REDIRECT_REFUSED'],
    ['https://localhost/x', 'REDIRECT_REFUSED'],
    ['https://[::1]/x', 'REDIRECT_REFUSED'],
    ['https://169.254.169.254/x', 'REDIRECT_REFUSED'],
    ['https://metadata.google.internal/x', 'REDIRECT_REFUSED'],
    ['ftp://r.example/x', 'BAD_RESPONSE'],
    ['javascript:alert(1)', 'BAD_RESPONSE'],
    ['https://', 'BAD_RESPONSE'],
    [`/${'x'.repeat(8192)}`, 'BAD_RESPONSE'],
  ] as const satisfies readonly (readonly [string, ErrorCode])[]) {
    it(`${location.slice(0, 60)} is refused: ${code}`, () => {
      assert.throws(
        () => locationOf(answer(POST, [location]), contextOf('https://r.example', '203.0.113.1')),
        (error) => hasCode(error, code),
      );
    });
  }

  it('that is not there says nothing, and two are no answer', () => {
    const context = contextOf('https://r.example');
    assert.equal(locationOf(answer(POST, []), context), undefined);
    assert.equal(locationOf(answer(POST, ['']), context), undefined);
    assert.throws(
      () => locationOf(answer(POST, ['/a', '/b']), context),
      (error) => hasCode(error, 'BAD_RESPONSE'),
    );
  });

  it('in the private network is fine for a registry that is there itself', () => {
    const url = checkedLocation(new URL('http://10.0.0.2:9000/x'), contextOf('http://10.0.0.1:5000', '10.0.0.1'));
    assert.equal(url.href, 'http://10.0.0.2:9000/x');
  });

  it('does not show its query when it is refused', () => {
    assert.throws(
      () => locationOf(answer(POST, ['http://other.example/x?secret=1']), contextOf('https://r.example')),
      (error) => error instanceof Error && !error.message.includes('secret'),
    );
  });
});

describe('the end of an upload', () => {
  const digest: Digest = digestOf('x');
  const added = `digest=${encodeURIComponent(digest)}`;
  for (const [location, query] of [
    ['https://r/x', `?${added}`],
    ['https://r/x?', `?${added}`],
    ['https://r/x?a=b', `?a=b&${added}`],
    ['https://r/x?a=%2B+%20~!&b', `?a=%2B+%20~!&b&${added}`],
    ['https://r/x?a&digest=sha256%3Aother&b=1', `?a&b=1&${added}`],
    ['https://r/x?mydigest=1', `?mydigest=1&${added}`],
  ] as const) {
    it(`at ${location} keeps what is there`, () => {
      assert.equal(withDigest(new URL(location), digest).search, query);
    });
  }
});

describe('a Range of an upload', () => {
  for (const [text, received] of [
    ['0-999', 1000],
    ['0-0', 0],
    ['bytes=0-999', 1000],
    ['bytes 0-999/*', 1000],
    [' 0-5 ', 6],
    ['1-5', undefined],
    ['0-', undefined],
    ['-5', undefined],
    ['0--5', undefined],
    ['0-9007199254740993', undefined],
    [`0-${'9'.repeat(400)}`, undefined],
    ['many', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    it(`${text} is ${received}`, () => assert.equal(receivedOf(text), received));
  }
});
