import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { checkEngineAddress, engineHost, readEngineAddress } from './engine-address.ts';

const GOOD: readonly (readonly [string, boolean, ReturnType<typeof readEngineAddress>])[] = [
  ['unix:///run/dray.sock', false, { kind: 'unix', path: '/run/dray.sock' }],
  ['npipe:////./pipe/dray', false, { kind: 'unix', path: '\\\\.\\pipe\\dray' }],
  ['tcp://127.0.0.1:4000', false, { kind: 'tcp', host: '127.0.0.1', port: 4000 }],
  ['tcp://127.0.0.1', false, { kind: 'tcp', host: '127.0.0.1', port: 2375 }],
  ['tcp://[::1]', true, { kind: 'tcp', host: '::1', port: 2376 }],
  ['tcp://0.0.0.0:0', true, { kind: 'tcp', host: '0.0.0.0', port: 0 }],
];

test('addresses of an engine', () => {
  for (const [text, isTls, address] of GOOD) {
    assert.deepEqual(readEngineAddress(text, isTls, 'win32'), address, text);
    if (/:\d+$/.test(text) || !text.startsWith('tcp')) assert.ok(engineHost(address).length > 0);
  }
  for (const text of ['unix:///run/dray.sock', 'npipe:////./pipe/dray']) {
    assert.equal(engineHost(readEngineAddress(text, false, 'win32')), text);
  }
});

test('what is no address', () => {
  for (const text of [
    '',
    'unix:',
    'unix:///',
    'unix://relative',
    'tcp://',
    'tcp://:2375',
    'localhost:2375',
    'npipe:////./pipe/dray',
    'ssh://host',
    'http://x',
    'tcp://1.2.3.4.5:1',
  ]) {
    assert.throws(
      () => readEngineAddress(text, false, 'linux'),
      (e) => hasCode(e, 'INVALID_OPTION'),
      text,
    );
  }
});

test('strangers cannot connect', () => {
  const none = { asksCertificates: false, insecureLoopback: false };
  const loopback = { asksCertificates: false, insecureLoopback: true };
  const certificates = { asksCertificates: true, insecureLoopback: false };
  const refused = (text: string, guards: typeof none, words: RegExp): void =>
    assert.throws(() => checkEngineAddress(readEngineAddress(text, false), guards), words);
  refused('tcp://127.0.0.1:1', none, /every user and program of this machine/);
  refused('tcp://0.0.0.0:1', none, /whoever reaches this machine/);
  refused('tcp://[::]:1', none, /tcp:\/\/\[::\]:1" without client certificates: whoever reaches this machine/);
  refused('tcp://0.0.0.0:1', loopback, /whoever reaches this machine/);
  refused('tcp://10.0.0.1:1', loopback, /whoever reaches this machine/);
  checkEngineAddress(readEngineAddress('tcp://[::1]:1', false), loopback);
  checkEngineAddress(readEngineAddress('tcp://127.0.0.1:1', false), loopback);
  checkEngineAddress(readEngineAddress('tcp://0.0.0.0:1', false), certificates);
  checkEngineAddress(readEngineAddress('unix:///x', false), none);
});
