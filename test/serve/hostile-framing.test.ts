import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { besieged, checkRefused } from './besieged.ts';
import { digestOf, OCI_MANIFEST } from './client.ts';
import { sendRaw, statusesOf } from './raw-connection.ts';

const name = 'framing/here';
const client = besieged({}, async (pusher) => {
  await pusher.pushImage(name, 'latest');
});
/** A second request that hides in the body of the first one. */
const HIDDEN = `PUT /v2/${name}/manifests/smuggled HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.example.x+json\r\nContent-Length: 2\r\n\r\n{}`;
const CHUNKED = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;

function put(headers: string, body: string): string {
  return `PUT /v2/${name}/manifests/framed HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCI_MANIFEST}\r\n${headers}\r\n${body}`;
}

/** Heads whose length can be read in two ways, with what comes behind them. */
const AMBIGUOUS: Readonly<Record<string, string>> = {
  'two lengths': put(`Content-Length: 2\r\nContent-Length: ${HIDDEN.length}\r\n`, `{}${HIDDEN}`),
  'two lengths, the longer one first': put(
    `Content-Length: ${HIDDEN.length + 2}\r\nContent-Length: 2\r\n`,
    `{}${HIDDEN}`,
  ),
  'two lengths in one header': put('Content-Length: 2, 40\r\n', `{}${HIDDEN}`),
  'a length and chunks': put('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`),
  'chunks and a length': put(
    `Transfer-Encoding: chunked\r\nContent-Length: ${HIDDEN.length}\r\n`,
    `0\r\n\r\n${HIDDEN}`,
  ),
  'chunks twice': put('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`),
  'chunks, then nothing special': put('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${HIDDEN}`),
  'another encoding': put('Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n', `{}${HIDDEN}`),
  'a tab for a blank': put('Transfer-Encoding:\tchunked\r\nContent-Length: 2\r\n', `0\r\n\r\n${HIDDEN}`),
  'a blank before the colon': put('Transfer-Encoding : chunked\r\nContent-Length: 2\r\n', `{}${HIDDEN}`),
  'a folded line': put('X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 2\r\n', `{}${HIDDEN}`),
  'a length with a sign': put('Content-Length: +2\r\n', `{}${HIDDEN}`),
  'a negative length': put('Content-Length: -1\r\n', `{}${HIDDEN}`),
  'a length in hexadecimal': put('Content-Length: 0x2\r\n', `{}${HIDDEN}`),
  'a length that is a fraction': put('Content-Length: 2.0\r\n', `{}${HIDDEN}`),
  'no length': put('Content-Length:\r\n', `{}${HIDDEN}`),
  'a length of no number': put('Content-Length: two\r\n', `{}${HIDDEN}`),
  'a length beyond all': put('Content-Length: 99999999999999999999999999\r\n', '{}'),
  'a length of 2^64 + 2': put('Content-Length: 18446744073709551618\r\n', `{}${HIDDEN}`),
  'lines without their return': `PUT /v2/${name}/manifests/framed HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}${HIDDEN}`,
  'a zero byte in a header': put('X: a\0b\r\nContent-Length: 2\r\n', `{}${HIDDEN}`),
  'a return alone in a header': put('X: a\rContent-Length: 40\r\nContent-Length: 2\r\n', `{}${HIDDEN}`),
  'a chunk size that is none': put('Transfer-Encoding: chunked\r\n', `zz\r\n${HIDDEN}`),
  'a negative chunk size': put('Transfer-Encoding: chunked\r\n', `-1\r\n${HIDDEN}`),
  'a chunk size beyond all': put('Transfer-Encoding: chunked\r\n', `ffffffffffffffffffff\r\n${HIDDEN}`),
  'a chunk size with 0x': put('Transfer-Encoding: chunked\r\n', `0x2\r\n{}\r\n0\r\n\r\n${HIDDEN}`),
  'a chunk longer than its size': put('Transfer-Encoding: chunked\r\n', `2\r\n{}{}{}\r\n0\r\n\r\n${HIDDEN}`),
  'chunks that end with a line alone': put('Transfer-Encoding: chunked\r\n', `2\n{}\n0\n\n${HIDDEN}`),
  'a chunk extension with a line break in it': put('Transfer-Encoding: chunked\r\n', `2;a=\n${HIDDEN}`),
  'a chunk extension of 100 KB': put('Transfer-Encoding: chunked\r\n', `2;${'x'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`),
  'trailers of 1 MB': put('Transfer-Encoding: chunked\r\n', `2\r\n{}\r\n0\r\n${'X: y\r\n'.repeat(170_000)}\r\n`),
};

describe('bodies whose length can be read in two ways', () => {
  for (const [what, request] of Object.entries(AMBIGUOUS))
    it(`hides no request behind ${what}`, async () => {
      const text = await sendRaw(client.registry.port, request, { wait: 700 });
      const [first, second] = statusesOf(text);
      assert.ok(first === undefined || first >= 400, `${first} ${text.slice(0, 200)}`);
      if (second !== undefined) checkRefused(second, 'the request behind');
      const hidden = await client.get(`/v2/${name}/manifests/smuggled`);
      assert.equal(hidden.status, 404, 'the hidden request was carried out');
      assert.equal((await client.get(`/v2/${name}/manifests/framed`)).status, 404);
    });

  it('keeps the bytes of a request inside another one that is right', async () => {
    const request = `PUT /v2/${name}/manifests/framed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${CHUNKED}`;
    checkRefused(statusesOf(await sendRaw(client.registry.port, request))[0], 'PUT');
    assert.equal((await client.get(`/v2/${name}/manifests/smuggled`)).status, 404);
  });
});

/** Heads that are none. */
const HEADS: Readonly<Record<string, string>> = {
  garbage: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not http at all\r\n\r\n',
  'a text': 'hello\r\n\r\n',
  'HTTP/2 without TLS': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'HTTP/3.7': 'GET /v2/ HTTP/3.7\r\nHost: x\r\n\r\n',
  'no Host': 'GET /v2/ HTTP/1.1\r\n\r\n',
  'an unknown method': 'BREW /v2/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'a header of 1 MB': `GET /v2/ HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(1 << 20)}\r\n\r\n`,
  '10,000 headers': `GET /v2/ HTTP/1.1\r\nHost: x\r\n${'X-Y: z\r\n'.repeat(10_000)}\r\n`,
  'a path of 1 MB': `GET /v2/${'a'.repeat(1 << 20)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a line without end': 'GET /v2/'.padEnd(3 << 20, 'a'),
  'a header without a name': 'GET /v2/ HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n',
  'two hosts': 'GET /v2/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
};

describe('heads that are none', () => {
  for (const [what, head] of Object.entries(HEADS))
    it(`refuses ${what}`, async () => {
      const [status] = statusesOf(await sendRaw(client.registry.port, head, { wait: 1_500, until: /\r\n\r\n/ }));
      if (what !== 'two hosts') assert.ok(status === undefined || status >= 400, `${status}`);
    });

  for (const path of [
    '*',
    'http://evil.example/v2/',
    '//evil.example/v2/',
    '/v2/?%',
    '/v2/#x',
    '/%',
    '/v2/%00',
    '/v2/\xff',
    '/v2/../../etc/passwd',
    '/..%2f..%2fetc/passwd',
    '\\v2\\',
    '/v2/\u0000',
  ])
    it(`answers a path like ${JSON.stringify(path)}`, async () => {
      const text = await sendRaw(client.registry.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      const [status = 400] = statusesOf(text);
      assert.ok(status < 500, text.slice(0, 200));
      assert.doesNotMatch(text, /root:x:0|^location: \/\/|^location: http:\/\/evil/im);
    });

  for (const method of ['TRACE', 'CONNECT', 'OPTIONS', 'PROPFIND', 'MOVE', 'LOCK', 'LINK', 'PURGE', 'SEARCH'])
    it(`has no ${method}`, async () => {
      for (const path of ['/v2/', `/v2/${name}/manifests/latest`, 'evil.example:443']) {
        const text = await sendRaw(
          client.registry.port,
          `${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Secret: kept\r\nConnection: close\r\n\r\n`,
          { wait: 700 },
        );
        const [status = 400] = statusesOf(text);
        if (method !== 'OPTIONS' || status >= 300) checkRefused(status, `${method} ${path}`);
        assert.ok(!text.includes('kept'), 'it repeats what it was sent');
      }
    });

  it('is not switched to another protocol', async () => {
    for (const protocol of ['websocket', 'h2c', 'TLS/1.0']) {
      const text = await sendRaw(
        client.registry.port,
        `GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Key: AAAA\r\n\r\n`,
        { wait: 700, until: /\r\n\r\n/ },
      );
      assert.notEqual(statusesOf(text)[0], 101);
    }
  });

  it('answers requests that come all at once, in their order', async () => {
    const one = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const many = Array.from({ length: 200 }, (_, index) => one(index % 2 === 0 ? '/v2/' : '/v2/no/such/manifests/x'));
    const text = await sendRaw(
      client.registry.port,
      `${many.join('')}GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    const expected = [...many.map((_, index) => (index % 2 === 0 ? 200 : 404)), 200];
    assert.deepEqual(statusesOf(text), expected);
  });
});

describe('lengths that lie', () => {
  const digest = digestOf('{}');
  for (const [what, length, body] of [
    ['more than comes', 1_000, 'short'],
    ['4 GB more than comes', 4_294_967_296, 'short'],
    ['less than comes', 2, '{}{}{}{}'],
  ] as const)
    it(`keeps nothing of a body that is announced as ${what}`, async () => {
      const location = await client.upload(name);
      for (const target of [
        `PUT /v2/${name}/manifests/lies`,
        `POST /v2/${name}/blobs/uploads/?digest=${digestOf(body)}`,
        `PUT ${new URL(location, 'http://x').pathname}?digest=${digestOf(body)}`,
      ]) {
        const head = `${target} HTTP/1.1\r\nHost: x\r\nContent-Type: ${OCI_MANIFEST}\r\nContent-Length: ${length}\r\n\r\n`;
        const [status] = statusesOf(await sendRaw(client.registry.port, head + body, { wait: 300 }));
        if (status !== undefined) checkRefused(status, target);
      }
      assert.equal((await client.get(`/v2/${name}/manifests/lies`)).status, 404);
      assert.equal((await client.get(`/v2/${name}/blobs/${digestOf(body)}`)).status, 404);
    });

  it('waits for a body that asks whether it may come', async () => {
    const head = `POST /v2/${name}/blobs/uploads/?digest=${digest} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`;
    const text = await sendRaw(client.registry.port, head, { until: /\r\n\r\n/ });
    assert.ok([100, 201].includes(statusesOf(text)[0] ?? 0), text);
    const other = await sendRaw(client.registry.port, head.replace('100-continue', 'tea'), {
      wait: 700,
      until: /\r\n\r\n/,
    });
    assert.ok((statusesOf(other)[0] ?? 417) >= 400);
  });
});
