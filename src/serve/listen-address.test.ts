import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientUrl, isLocal, type ListenAddress, readListenAddress } from './listen-address.ts';

const tcp = (host: string | undefined, port: number): ListenAddress => ({ kind: 'tcp', host, port });

const ADDRESSES: readonly (readonly [text: string, address: ListenAddress, url: string, local: boolean])[] = [
  ['127.0.0.1:5000', tcp('127.0.0.1', 5000), 'http://127.0.0.1:5000', true],
  ['localhost:80', tcp('localhost', 80), 'http://localhost:80', true],
  [':5000', tcp(undefined, 5000), 'http://localhost:5000', false],
  ['0.0.0.0:5001', tcp('0.0.0.0', 5001), 'http://localhost:5001', false],
  ['[::]:5001', tcp('::', 5001), 'http://localhost:5001', false],
  ['[::1]:0', tcp('::1', 0), 'http://[::1]:0', true],
  ['::1', tcp('::1', 5000), 'http://[::1]:5000', true],
  ['127.host.example', tcp('127.host.example', 5000), 'http://127.host.example:5000', false],
  ['[::ffff:127.0.0.2]', tcp('::ffff:127.0.0.2', 5000), 'http://[::ffff:127.0.0.2]:5000', true],
  ['192.0.2.1', tcp('192.0.2.1', 5000), 'http://192.0.2.1:5000', false],
  ['tcp://registry.example:443', tcp('registry.example', 443), 'http://registry.example:443', false],
  ['unix:///run/dray.sock', { kind: 'unix', path: '/run/dray.sock' }, 'unix:///run/dray.sock', true],
  ['unix:/run/dray.sock', { kind: 'unix', path: '/run/dray.sock' }, 'unix:///run/dray.sock', true],
];

test('addresses are read as they are written', () => {
  for (const [text, address, url, local] of ADDRESSES) {
    assert.deepEqual(readListenAddress(text), address, text);
    assert.equal(clientUrl(address, false), url, text);
    assert.equal(isLocal(address), local, text);
  }
  assert.ok(readListenAddress(`unix:///${'a'.repeat(102)}`));
  assert.equal(clientUrl(tcp('::1', 1), true), 'https://[::1]:1');
});

test('what is no address is refused', () => {
  for (const text of [
    '',
    'localhost:',
    'localhost:65536',
    'localhost:x',
    'a b:1',
    '1.2.3:5000',
    '1.2.3.256:5000',
    '[1.2.3.4]:5000',
    '[::1',
    'http://localhost:5000',
    'unix://relative',
    `unix:///${'a'.repeat(107)}`,
    `unix:///${'é'.repeat(54)}`,
    'localhost:1\n',
  ]) {
    assert.throws(() => readListenAddress(text), { code: 'INVALID_OPTION' }, text);
  }
});
