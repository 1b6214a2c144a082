import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { originOf } from './origin.ts';
import { parseProxy, proxyAuthorization, proxyChooser } from './proxy.ts';

const origin = (url: string): ReturnType<typeof originOf> => originOf(new URL(url));

test('a proxy is a URL, or host:port for http', () => {
  for (const [text, kind, host, port] of [
    ['http://proxy.example:3128', 'http', 'proxy.example', 3128],
    ['http://proxy.example', 'http', 'proxy.example', 80],
    ['proxy.example:3128', 'http', 'proxy.example', 3128],
    ['10.0.0.1:8080/', 'http', '10.0.0.1', 8080],
    ['https://proxy.example', 'https', 'proxy.example', 443],
    ['socks5://[::1]', 'socks', '::1', 1080],
    ['SOCKS5H://proxy.example:9', 'socks', 'proxy.example', 9],
  ] as const) {
    const proxy = parseProxy(text);
    assert.deepEqual([proxy.kind, proxy.host, proxy.port], [kind, host, port], text);
  }
});

test('credentials are decoded, and never in the label', () => {
  const proxy = parseProxy('http://us%40er:p%3Ass%C3%A9@proxy.example:1');
  assert.equal(proxyAuthorization(proxy), `Basic ${Buffer.from('us@er:p:ssé').toString('base64')}`);
  assert.equal(proxy.label, 'http://proxy.example:1');
  assert.equal(proxyAuthorization(parseProxy('http://proxy.example:1')), undefined);
  assert.equal(parseProxy('http://a:100%@proxy.example').password, '100%');
});

test('what is no proxy is refused, and a password in it not shown', () => {
  for (const text of [
    'socks4://h:1',
    'ftp://u:secret@h',
    'http://',
    'http://u:secret@',
    'http://h:99999',
    'u:secret@h:bad',
  ]) {
    assert.throws(
      () => parseProxy(text),
      (error) => hasCode(error, 'INVALID_OPTION') && !error.message.includes('secret'),
      text,
    );
  }
});

test('the scheme chooses the proxy; NO_PROXY and loopback need none', () => {
  const choose = proxyChooser({ http: 'http://plain:1', https: 'http://secure:2', no: '.internal' });
  assert.equal(choose(origin('http://a.example'))?.host, 'plain');
  assert.equal(choose(origin('https://a.example'))?.host, 'secure');
  for (const url of [
    'http://x.internal',
    'https://localhost:5000',
    'http://127.9.9.9',
    'http://[::1]:5000',
    'http://a.localhost',
  ]) {
    assert.equal(choose(origin(url)), undefined, url);
  }
  assert.equal(choose(origin('http://10.0.0.1'))?.host, 'plain');
  assert.equal(proxyChooser({ http: 'http://plain:1' })(origin('https://a.example')), undefined);
  assert.equal(proxyChooser({ http: ' ' })(origin('http://a.example')), undefined);
  assert.equal(proxyChooser()(origin('http://a.example')), undefined);
});

test('a proxy for this run takes loopback too, but heeds NO_PROXY', () => {
  const choose = proxyChooser({ http: 'http://plain:1', no: '127.0.0.1', loopback: true });
  assert.equal(choose(origin('http://localhost:5000'))?.host, 'plain');
  assert.equal(choose(origin('http://127.0.0.1:5000')), undefined);
});

test('a proxy that cannot be used hurts only those who need it', () => {
  const choose = proxyChooser({ http: 'socks4://h', no: 'a.example' });
  assert.equal(choose(origin('https://b.example')), undefined);
  assert.equal(choose(origin('http://a.example')), undefined);
  assert.throws(
    () => choose(origin('http://b.example')),
    (error) => hasCode(error, 'INVALID_OPTION'),
  );
});
