import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { besieged } from './besieged.ts';
import { digestOf, OCI_MANIFEST } from './client.ts';
import { sendRaw, statusesOf } from './raw-connection.ts';

const name = 'requests/here';
const bytes = randomBytes(1_000_000);
const digest = digestOf(bytes);
const blob = `/v2/${name}/blobs/${digest}`;
const client = besieged({}, async (pusher) => {
  await pusher.pushBlob(name, bytes);
  await pusher.pushBlob(name, '');
  for (const tag of ['a', 'b', 'c']) await pusher.pushImage(name, tag);
});

describe('ranges that are none', () => {
  for (const range of [
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=--1',
    'bytes=1',
    'bytes 0-1',
    'items=0-1',
    'bytes=9-0',
    'bytes=-0',
    'bytes=99999999999999999999-',
    'bytes=0-99999999999999999999',
    'bytes=-99999999999999999999',
    'bytes=9007199254740993-9007199254740994',
    'bytes=1e3-2e3',
    'bytes=0x0-0xf',
    'bytes=0-0\t',
    'bytes=٠-١',
    'bytes=0-1,',
    'bytes=,',
    'bytes=0-;x',
  ])
    it(`answers Range: ${range}`, async () => {
      const { status, body, headers } = await client.get(blob, { range: Buffer.from(range).toString('latin1') });
      assert.ok([200, 206, 400, 416].includes(status), `${status}`);
      if (status === 200) assert.ok(body.equals(bytes));
      if (status !== 206) return;
      const told = /^bytes (\d+)-(\d+)\/1000000$/.exec(String(headers['content-range']));
      assert.ok(told !== null, String(headers['content-range']));
      assert.ok(body.equals(bytes.subarray(Number(told[1]), Number(told[2]) + 1)), 'it is another part');
    });

  for (const [what, ranges] of [
    ['two ranges', 'bytes=0-9,20-29'],
    ['a thousand ranges of all of it', `bytes=${Array.from({ length: 1_000 }, () => '0-').join(',')}`],
    ['a thousand ranges that overlap', `bytes=${Array.from({ length: 1_000 }, (_, index) => `${index}-`).join(',')}`],
    [
      'a thousand ranges of one byte',
      `bytes=${Array.from({ length: 1_000 }, (_, index) => `${index * 2}-${index * 2}`).join(',')}`,
    ],
    ['a range and one that is none', 'bytes=0-9,x'],
  ] as const)
    it(`sends no more than the blob for ${what}`, async () => {
      const { status, body } = await client.get(blob, { range: ranges });
      assert.ok([200, 206, 400, 416, 431].includes(status), `${status}`);
      assert.ok(body.length <= bytes.length + 200_000, `${body.length} bytes`);
    });

  it('refuses ten thousand ranges, or sends no more than the blob', async () => {
    const ranges = Array.from({ length: 10_000 }, (_, index) => `${index}-${index}`).join(',');
    const answer = await client.get(blob, { range: `bytes=${ranges}` }).catch(() => undefined);
    if (answer !== undefined) assert.ok(answer.body.length <= bytes.length + 200_000);
  });

  it('answers ranges of a blob without bytes', async () => {
    for (const range of ['bytes=0-0', 'bytes=0-', 'bytes=-1', 'bytes=-0']) {
      const { status, body } = await client.get(`/v2/${name}/blobs/${digestOf('')}`, { range });
      assert.ok([200, 416].includes(status), `${status} for ${range}`);
      if (status === 200) assert.equal(body.length, 0);
    }
  });

  it('looks at ranges of manifests, tags and bases, or does not', async () => {
    for (const path of ['/v2/', `/v2/${name}/manifests/a`, `/v2/${name}/tags/list`, '/v2/_catalog']) {
      const { status } = await client.get(path, { range: 'bytes=0-1' });
      assert.ok([200, 206].includes(status), `${status}`);
    }
  });
});

/** What a client may say about the host; `name` in a value is where another answer could begin. */
const HOSTS: readonly Readonly<Record<string, string>>[] = [
  { host: 'evil.example' },
  { host: 'evil.example:99999' },
  { host: 'evil.example/path' },
  { host: 'user:password@evil.example' },
  { host: '[::1]:5000' },
  { host: '"><script>' },
  { host: 'x'.repeat(5_000) },
  { 'x-forwarded-host': 'evil.example/path?x=' },
  { 'x-forwarded-host': 'evil.example, other.example' },
  { 'x-forwarded-host': '"><script>alert(1)</script>' },
  { 'x-forwarded-host': '\\\\evil\\share' },
  { 'x-forwarded-host': '' },
  { 'x-forwarded-host': 'a b' },
  { 'x-forwarded-host': 'x'.repeat(5_000) },
  { 'x-forwarded-proto': 'javascript' },
  { 'x-forwarded-proto': 'https, http' },
  { 'x-forwarded-proto': '"' },
  { 'x-forwarded-prefix': '/../../evil' },
  { 'x-forwarded-port': '99999' },
  { 'x-original-url': '/v2/other/blobs/uploads/' },
  { 'x-http-method-override': 'DELETE' },
  { forwarded: 'host=evil.example;proto=javascript' },
  { 'x-forwarded-for': '127.0.0.1, 10.0.0.1' },
];

describe('what clients say about the host', () => {
  for (const headers of HOSTS)
    it(`leads on after ${JSON.stringify(headers).slice(0, 60)}`, async () => {
      for (const [method, path] of [
        ['POST', `/v2/${name}/blobs/uploads/`],
        ['GET', `/v2/${name}/tags/list?n=1`],
      ] as const) {
        const answer = await client.ask(method, path, { headers });
        assert.ok([200, 202, 400, 431].includes(answer.status), `${answer.status}`);
        if (answer.status >= 400) continue;
        const told =
          method === 'POST' ? String(answer.headers.location) : /<([^>]*)>/.exec(String(answer.headers['link']))?.[1];
        const url = new URL(String(told), client.registry.origin);
        assert.match(url.protocol, /^https?:$/);
        assert.ok(url.pathname.startsWith(`/v2/${name}/`), `it leads to ${String(told).slice(0, 200)}`);
        assert.equal(url.username, '');
        assert.doesNotMatch(String(told), /[\s"<>\\]/);
      }
    });

  it('serves clients of HTTP/1.0, which name no host', async () => {
    const text = await sendRaw(
      client.registry.port,
      `POST /v2/${name}/blobs/uploads/ HTTP/1.0\r\nContent-Length: 0\r\n\r\n`,
    );
    assert.equal(statusesOf(text)[0], 202);
    assert.match(text, /^location: (http:\/\/[\w.:]+)?\/v2\/requests\/here\/blobs\/uploads\//im);
  });
});

describe('headers that are none', () => {
  for (const [header, value] of [
    ['accept', ','.repeat(5_000)],
    ['accept', `${'a/b;q=0.1,'.repeat(1_000)}x`],
    ['accept', 'application/vnd.oci.image.manifest.v1+json;q=x;;;"'],
    ['accept', '\u00ff\u00fe'],
    ['if-none-match', '"'.repeat(5_000)],
    ['if-none-match', `${'W/"x",'.repeat(1_000)}"y`],
    ['if-match', '"x"'],
    ['if-modified-since', 'yesterday'],
    ['if-unmodified-since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ['if-range', 'x'.repeat(5_000)],
    ['authorization', 'Basic'],
    ['authorization', `Basic ${'A'.repeat(5_000)}`],
    ['authorization', 'Bearer ...'],
    ['authorization', 'Basic \u00ff'],
    ['cookie', 'a='.repeat(4_000)],
    ['accept-encoding', 'gzip, br, zstd, identity;q=0'],
    ['connection', 'close, upgrade, x-y, content-length'],
    ['te', 'trailers, deflate;q=0.5'],
    ['content-encoding', 'gzip'],
    ['user-agent', '\u001b[31mred\u009b2J'.replaceAll('\u001b', '\u00a0')],
    ['referer', 'javascript:alert(1)'],
    ['origin', 'https://evil.example'],
  ] as const)
    it(`answers ${header}: ${value.slice(0, 20)}`, async () => {
      for (const path of ['/v2/', `/v2/${name}/manifests/a`, blob]) {
        const answer = await client.get(path, { [header]: Buffer.from(value).toString('latin1') });
        assert.ok([200, 304, 400, 401, 406, 412].includes(answer.status), `${answer.status} for ${path}`);
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
        if (answer.status === 200 && path === blob) assert.ok(answer.body.equals(bytes));
      }
    });

  it('does not unpack what is sent packed', async () => {
    const packed = Buffer.from('H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==', 'base64');
    const answer = await client.ask('PUT', `/v2/${name}/manifests/packed`, {
      body: packed,
      headers: { 'content-type': OCI_MANIFEST, 'content-encoding': 'gzip' },
    });
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
  });
});

describe('queries that are none', () => {
  for (const query of [
    '?',
    '?%',
    '?=',
    '?&&&&',
    `?${'a=b&'.repeat(10_000)}`,
    '?digest',
    '?digest=%00',
    '?mount=&from=',
    '?__proto__=x',
    '?digest[]=x',
    '?n=1&n=2&last=a&last=b',
    '?%ff=%fe',
    '?artifactType=%00%0d%0a',
  ])
    it(`answers ${query.slice(0, 20)}`, async () => {
      for (const [method, path] of [
        ['GET', `/v2/${name}/tags/list`],
        ['GET', '/v2/_catalog'],
        ['GET', `/v2/${name}/manifests/a`],
        ['GET', `/v2/${name}/referrers/${digest}`],
        ['POST', `/v2/${name}/blobs/uploads/`],
      ] as const) {
        const answer = await client.ask(method, `${path}${query}`).catch(() => undefined);
        if (answer !== undefined) assert.ok(answer.status < 500, `${answer.status} for ${path}`);
      }
    });
});
