import assert from 'node:assert/strict';
import { it } from 'node:test';
import { besieged, checkRefused, checkText } from './besieged-engine.ts';

const engine = besieged();
const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
const JSONS: readonly string[] = [
  '',
  '{',
  '}',
  'null',
  '0',
  '""',
  '[]',
  '[{}]',
  '{"a":',
  '\u0000',
  '\ufeff{}',
  DEEP,
  '{"__proto__":{"x":1}}',
  '{"a":1}{"b":2}',
  `{"a":"${'x'.repeat(100_000)}"}`,
];

it('bodies that are no JSON, or another', async () => {
  for (const path of [
    '/auth',
    '/containers/create?name=ab',
    '/volumes/create',
    '/networks/create',
    '/exec/x/start',
    '/containers/x/exec',
    '/swarm/init',
    '/build/prune',
    '/images/prune',
  ]) {
    for (const body of JSONS) {
      const what = `POST ${path} with ${body.slice(0, 20)}`;
      const answer = await engine.ask('POST', path, { body, headers: { 'content-type': 'application/json' } });
      assert.ok(answer.status >= 200, `${answer.status} for ${what}`);
      if (answer.status >= 400) checkRefused(answer, what);
    }
  }
});

it('bodies larger than any that is meant', async () => {
  const body = `{"username":"${'x'.repeat(30 << 20)}"}`;
  for (const path of ['/auth', '/containers/create', '/volumes/create']) {
    const { status } = await engine.ask('POST', path, { body });
    // The connection may break before all is sent.
    assert.ok(status === 0 || (status >= 400 && status < 600), `${status} for ${path}`);
  }
});

const FILTERS: readonly string[] = [
  '{',
  'null',
  '[]',
  '1',
  '"x"',
  '{"a":1}',
  '{"reference":"x"}',
  '{"reference":["x",1]}',
  '{"reference":{"x":"y"}}',
  '{"reference":{"[":true}}',
  '{"label":{"":true}}',
  '{"label":{"\\u0000":true}}',
  '{"until":{"-1":true}}',
  '{"until":{"99999999999999999999":true}}',
  '{"until":{"1e400":true}}',
  '{"before":{"../x":true}}',
  '{"dangling":{"true":true,"false":true}}',
  '{"__proto__":{"x":true}}',
  '{"constructor":{"x":true}}',
  `{"reference":{"${'*'.repeat(2000)}a":true}}`,
  `{"reference":{"${'[a-'.repeat(500)}":true}}`,
  DEEP.slice(0, 4000),
  '%',
  '%00',
];

it('filters of no sense', async () => {
  const paths: readonly (readonly [string, string])[] = [
    ['GET', '/images/json?filters='],
    ['GET', '/v1.24/images/json?filter=x&filters='],
    ['POST', '/images/prune?filters='],
    ['GET', '/events?since=10&until=20&filters='],
    ['GET', '/containers/json?filters='],
    ['GET', '/volumes?filters='],
    ['GET', '/networks?filters='],
    ['POST', '/containers/prune?filters='],
    ['POST', '/build/prune?filters='],
    ['GET', '/images/search?term=localhost:1/x&filters='],
  ];
  for (const [method, path] of paths) {
    for (const filters of FILTERS) {
      const escaped = filters.startsWith('%') ? filters : encodeURIComponent(filters);
      // A prune that takes everything is no attack.
      const answer = await engine.ask(method, `${path}${escaped}`);
      assert.ok(answer.status >= 200, `${answer.status} for ${method} ${path}${filters.slice(0, 60)}`);
      if (answer.status >= 400) checkRefused(answer, `${method} ${path}${filters.slice(0, 60)}`);
    }
  }
});

const encoded = (text: string): string => Buffer.from(text).toString('base64url');
const AUTHS: readonly string[] = [
  '!!!',
  '====',
  'e30',
  'e30=',
  encoded('{'),
  encoded('null'),
  encoded('[]'),
  encoded('"x"'),
  encoded('{"username":1,"password":{}}'),
  encoded('{"username":"a\\r\\nX-Evil: 1","password":"b"}'),
  encoded('{"username":"a\\u0000","password":"b"}'),
  encoded('{"identitytoken":["x"]}'),
  encoded('{"registrytoken":"a b\\n"}'),
  encoded('{"serveraddress":"http://169.254.169.254/"}'),
  encoded(DEEP),
  encoded(`{"username":"${'x'.repeat(8000)}"}`),
  'x'.repeat(12_000),
];

it('logins of no sense', async () => {
  for (const header of AUTHS) {
    for (const [method, path] of [
      ['POST', '/images/create?fromImage=localhost:1/x&tag=1'],
      ['POST', '/images/canary:1/push?tag=1'],
      ['POST', '/images/localhost:1/x/push?tag=1'],
      ['GET', '/distribution/localhost:1/x/json'],
      ['GET', '/images/search?term=localhost:1/x'],
    ] as const) {
      const answer = await engine.ask(method, path, { headers: { 'x-registry-auth': header } });
      assert.ok(answer.status >= 200, `${answer.status} for ${path} with ${header.slice(0, 40)}`);
      checkText(`${answer.head}${answer.body}`, path);
    }
  }
  const kept = await engine.ask('POST', '/auth', {
    body: '{"username":"me","password":"s3cret-w0rd","serveraddress":"localhost:1"}',
  });
  checkRefused(kept, '/auth');
  assert.doesNotMatch(kept.body, /s3cret/);
});

it('archives that are none', async () => {
  const tar = Buffer.alloc(10_240);
  const bodies: readonly Uint8Array[] = [
    new Uint8Array(0),
    Buffer.from('x'),
    Buffer.alloc(512),
    tar,
    Buffer.alloc(1 << 20, 0xff),
    Buffer.from([0x1f, 0x8b]),
    Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]),
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0]),
    Buffer.from('BZh9'),
    Buffer.from('\u00fd7zXZ', 'latin1'),
  ];
  for (const body of bodies) {
    const loaded = await engine.ask('POST', '/images/load?quiet=1', { body });
    assert.ok(loaded.status >= 200, String(loaded.status));
    assert.match(loaded.body, /"errorDetail"|"message"/);
    checkText(loaded.body, 'load');
    const imported = await engine.ask('POST', '/images/create?fromSrc=-', { body });
    assert.ok(imported.status >= 200, String(imported.status));
    checkText(imported.body, 'import');
  }
  for (const changes of [
    'RUN x',
    'CMD [',
    'ENV',
    'ENV a',
    'EXPOSE x',
    'LABEL',
    `LABEL ${'a=b '.repeat(10_000)}`,
    'HEALTHCHECK',
    'VOLUME []',
    'USER',
    'CMD ["\\u0000"]',
    '\u0000',
    'ONBUILD ONBUILD RUN x',
  ]) {
    const answer = await engine.ask('POST', `/images/create?fromSrc=-&changes=${encodeURIComponent(changes)}`, {
      body: tar,
    });
    assert.ok(answer.status >= 200, `${answer.status} for ${changes.slice(0, 40)}`);
    if (answer.status >= 400) checkRefused(answer, changes.slice(0, 40));
  }
  await engine.ask('POST', '/images/prune');
});
