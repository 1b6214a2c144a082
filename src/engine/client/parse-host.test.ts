import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '#errors';
import { defaultHost, parseHost } from './parse-host.ts';

const tcp = { kind: 'tcp', scheme: 'tcp', port: undefined, prefix: '' };
const ssh = { kind: 'ssh', user: undefined, port: undefined, path: undefined };

const GOOD: readonly (readonly [text: string, facts: object])[] = [
  ['unix:///var/run/docker.sock', { kind: 'socket', path: '/var/run/docker.sock', pipe: false }],
  ['unix:///tmp/with space/é.sock', { kind: 'socket', path: '/tmp/with space/é.sock', pipe: false }],
  ['unix://', { kind: 'socket', path: '/var/run/docker.sock', pipe: false }],
  ['unix://in/here.sock', { kind: 'socket', path: 'in/here.sock', pipe: false }],
  ['npipe:////./pipe/docker_engine', { kind: 'socket', path: '\\\\.\\pipe\\docker_engine', pipe: true }],
  ['npipe:////server/pipe/name', { kind: 'socket', path: '\\\\server\\pipe\\name', pipe: true }],
  ['tcp://10.0.0.1:2375', { ...tcp, host: '10.0.0.1', hostname: '10.0.0.1', port: 2375 }],
  ['TCP://Example.com', { ...tcp, host: 'example.com', hostname: 'example.com' }],
  ['tcp://h:80', { ...tcp, host: 'h', hostname: 'h', port: 80 }],
  ['tcp://[::1]:2375/', { ...tcp, host: '::1', hostname: '[::1]', port: 2375 }],
  ['tcp://h:1/a/b/', { ...tcp, host: 'h', hostname: 'h', port: 1, prefix: '/a/b' }],
  ['tcp://', { ...tcp, host: 'localhost', hostname: 'localhost' }],
  ['tcp://:2375', { ...tcp, host: 'localhost', hostname: 'localhost', port: 2375 }],
  ['localhost:2375', { ...tcp, host: 'localhost', hostname: 'localhost', port: 2375 }],
  ['http://h', { ...tcp, scheme: 'http', host: 'h', hostname: 'h' }],
  ['https://h:443/x', { ...tcp, scheme: 'https', host: 'h', hostname: 'h', port: 443, prefix: '/x' }],
  ['ssh://h', { ...ssh, host: 'h' }],
  ['ssh://me@h:22/run/my%20docker.sock', { ...ssh, host: 'h', user: 'me', port: 22, path: '/run/my docker.sock' }],
  ['ssh://me@[fe80::1]', { ...ssh, host: 'fe80::1', user: 'me' }],
];

for (const [text, facts] of GOOD) {
  test(`${text} is an engine's address`, () => {
    assert.deepEqual(parseHost(text), { ...facts, label: text });
  });
}

const BAD: readonly (readonly [text: string, why: RegExp])[] = [
  ['', /no scheme/],
  ['/var/run/docker.sock', /no scheme/],
  ['npipe://./pipe/x', /a pipe is/],
  ['fd://', /no client can connect/],
  ['ftp://h', /not known/],
  ['tcp:///x', /names no host/],
  ['tcp://h:99999', /host or port/],
  ['tcp://h:x', /host or port/],
  ['tcp://h:1?x=1', /query/],
  ['tcp://me:secret@h:1', /cannot be given here/],
  ['ssh://me:secret@h', /password cannot/],
  ['ssh://me:se/secret@h', /host or port|port is none/],
  ['me:secret@h:1', /no scheme/],
  ['ssh://h?x', /query/],
  ['ssh://-oProxyCommand=x', /dash|host or port/],
  ['ssh://-l@h', /dash/],
  ['ssh://h/%zz', /escapes/],
  ['tcp://\u001b[31m', /host or port/],
];

for (const [text, why] of BAD) {
  test(`${JSON.stringify(text)} is none`, () => {
    assert.throws(
      () => parseHost(text),
      (error: unknown) => {
        assert.ok(hasCode(error, 'INVALID_OPTION'));
        assert.match(error.message, why);
        assert.ok(!error.message.includes('secret') && !error.message.includes('\u001b'));
        return true;
      },
    );
  });
}

test('white space around an address is none of it', () => {
  assert.deepEqual(parseHost(' tcp://h:1\r\n'), parseHost('tcp://h:1'));
  assert.throws(() => parseHost(' \n'), /no scheme/);
});

test('the default is docker’s own on each system', () => {
  assert.equal(defaultHost('linux'), 'unix:///var/run/docker.sock');
  assert.equal(defaultHost('win32'), 'npipe:////./pipe/docker_engine');
  assert.equal(parseHost(defaultHost('win32')).kind, 'socket');
});
