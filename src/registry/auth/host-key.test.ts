import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestPattern, HUB_KEY, hostOf, serverKey } from './host-key.ts';

test('hosts by all their spellings', () => {
  const cases: readonly [string, string][] = [
    ['docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    [HUB_KEY, 'docker.io'],
    ['https://index.docker.io/v2/', 'docker.io'],
    ['ghcr.io', 'ghcr.io'],
    ['https://ghcr.io', 'ghcr.io'],
    ['http://localhost:5000/v1/', 'localhost:5000'],
    ['localhost:5000/team/app', 'localhost:5000'],
    ['[::1]:5000', '[::1]:5000'],
    ['https://[::1]:5000/v2/?a=b#c', '[::1]:5000'],
  ];
  for (const [server, host] of cases) assert.equal(hostOf(server), host, server);
});

test('keys in config.json', () => {
  for (const hub of [undefined, '', 'docker.io', 'index.docker.io', HUB_KEY, 'https://index.docker.io'])
    assert.equal(serverKey(hub), HUB_KEY);
  assert.equal(serverKey('https://ghcr.io/v2/'), 'ghcr.io');
  assert.equal(serverKey('localhost:5000'), 'localhost:5000');
});

test('patterns match within labels, never in the last two', () => {
  const cases: readonly [pattern: string, host: string, matches: boolean][] = [
    ['*.corp.example', 'registry.corp.example', true],
    ['*.corp.example', 'corp.example', false],
    ['*.corp.example', 'a.b.corp.example', false],
    ['*.corp.example', 'registry.corp.example.evil', false],
    ['*.corp.example', 'registry.corp.example:5000', false],
    ['*.corp.example:5000', 'registry.corp.example:5000', true],
    ['*.dkr.ecr.*.amazonaws.com', '123.dkr.ecr.eu-west-1.amazonaws.com', true],
    ['reg-*-eu.corp.example', 'reg-1-eu.corp.example', true],
    ['reg-*-eu.corp.example', 'reg-eu.corp.example', false],
    ['a*a.corp.example', 'a.corp.example', false],
    ['a*b*c.corp.example', 'a1b2c.corp.example', true],
    ['a*b*c.corp.example', 'a1c2c.corp.example', false],
    ['*.com', 'evil.com', false],
    ['*', 'evil', false],
    ['*.*.com', 'a.b.com', false],
    ['https://*.corp.example', 'registry.corp.example', false],
    ['.*.corp.example', '.a.corp.example', false],
    ['corp.example', 'corp.example', false],
  ];
  for (const [pattern, host, matches] of cases)
    assert.equal(bestPattern([pattern], host), matches ? pattern : undefined, `${pattern} ${host}`);
});

test('of several patterns the one that says most', () => {
  const keys = ['*.corp.example', 'reg-*.corp.example', 'r*.corp.example', 'a*.corp.example'];
  assert.equal(bestPattern(keys, 'reg-1.corp.example'), 'reg-*.corp.example');
  assert.equal(bestPattern(['b*.x.y', '*b.x.y'], 'b.x.y'), '*b.x.y');
});
