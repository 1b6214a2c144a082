import assert from 'node:assert/strict';
import { it } from 'node:test';
import { besieged, checkRefused, checkText } from './besieged-engine.ts';

const engine = besieged();

/** As they stand in a path: clients of every kind send them escaped or not. */
const NAMES: readonly string[] = [
  '..',
  '../../../etc/passwd',
  '%2e%2e',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '..%00',
  'a%00b',
  '%',
  '%zz',
  '%c3%28',
  '%ff%fe',
  'a//b',
  '//',
  '/etc/passwd',
  'a/./b',
  'a/../canary:2',
  '-rf',
  '--help',
  ':',
  '@',
  'a@',
  'a:b:c',
  'a@sha256:',
  'a@sha256:00',
  `a@sha256:${'0'.repeat(63)}g`,
  `sha256:${'0'.repeat(64)}`,
  `sha256:${'../'.repeat(20)}`,
  '0'.repeat(12),
  'a'.repeat(300),
  `${'a/'.repeat(200)}b`,
  'Ünï',
  '%E2%80%AE%E2%80%AD',
  '\u00e4',
  '%0d%0aX-Injected:%20yes',
  '%1b[31mred',
  'canary:1%20',
  '%20',
  '__proto__',
  'constructor',
  'toString',
  'prune',
  'json',
];

const ENDPOINTS: readonly (readonly [method: string, path: (name: string) => string])[] = [
  ['GET', (name) => `/images/${name}/json`],
  ['GET', (name) => `/images/${name}/history`],
  ['GET', (name) => `/images/${name}/get`],
  ['DELETE', (name) => `/images/${name}`],
  ['POST', (name) => `/images/${name}/tag?repo=x&tag=1`],
  ['POST', (name) => `/images/canary:1/tag?repo=${name}`],
  ['POST', (name) => `/images/canary:1/tag?repo=x&tag=${name}`],
  ['POST', (name) => `/images/${name}/push?tag=1`],
  ['POST', (name) => `/images/create?fromImage=${name}&tag=1`],
  ['POST', (name) => `/images/create?fromImage=localhost:1/x&tag=${name}`],
  ['POST', (name) => `/images/create?fromSrc=-&repo=${name}`],
  ['POST', (name) => `/images/create?fromSrc=${name}`],
  ['GET', (name) => `/images/get?names=${name}`],
  ['GET', (name) => `/images/canary:1/json?platform=${name}`],
  ['GET', (name) => `/distribution/${name}/json`],
  ['GET', (name) => `/containers/${name}/json`],
  ['DELETE', (name) => `/containers/${name}`],
  ['GET', (name) => `/volumes/${name}`],
  ['GET', (name) => `/networks/${name}`],
  ['POST', (name) => `/exec/${name}/start`],
  ['GET', (name) => `/${name}`],
  ['GET', (name) => `/v${name}/images/json`],
];

for (const [method, path] of ENDPOINTS) {
  it(`odd names: ${method} ${path('NAME')}`, async () => {
    for (const name of NAMES) {
      const what = `${method} ${path(name)}`;
      const answer = await engine.ask(method, path(name));
      assert.ok(answer.status >= 200, `${answer.status} for ${what}`);
      assert.doesNotMatch(answer.head, /x-injected/i, what);
      if (answer.status >= 400) checkRefused(answer, what);
      else checkText(answer.head, what);
      assert.doesNotMatch(answer.body, /root:.*:0:0:/, what);
    }
    // What may be called so is there under that name, and goes again.
    const listed = JSON.parse((await engine.ask('GET', '/images/json')).body) as {
      readonly RepoTags: string[] | null;
    }[];
    for (const tag of listed.flatMap(({ RepoTags }) => RepoTags ?? [])) {
      if (tag !== 'canary:1') await engine.ask('DELETE', `/images/${tag}?force=1`);
    }
  });
}

it('names of 64 kB', async () => {
  const name = 'a'.repeat(64 << 10);
  for (const [method, path] of ENDPOINTS) {
    const answer = await engine.ask(method, path(name));
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} for ${method} ${path('LONG')}`);
    checkText(answer.body, `${method} ${path('LONG')}`);
    assert.ok(answer.body.length < 10_000, `${answer.body.length} bytes for ${method} ${path('LONG')}`);
  }
});
