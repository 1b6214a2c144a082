import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basicAuth, bearerAuth, startRegistry, type TestRegistry } from '#testing';
import { startTestEngine, type TestAnswer, type TestEngine } from '../engine.test.fixture.ts';
import { messageOf } from '../look/kept.test.fixture.ts';

const USERS = { user: 'pw' };
const JSON_TYPE = { 'content-type': 'application/json' };

function login(engine: TestEngine, body: unknown): Promise<TestAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return engine.ask('POST', '/v1.51/auth', { headers: JSON_TYPE, body: text });
}

const KINDS: Readonly<Record<string, () => Promise<TestRegistry>>> = {
  basic: () => startRegistry({ auth: basicAuth(USERS) }),
  bearer: () => startRegistry({ auth: bearerAuth({ users: USERS }) }),
};

for (const [kind, start] of Object.entries(KINDS)) {
  test(`a login by ${kind} is tried at the registry, and nothing is kept`, async (t) => {
    const engine = await startTestEngine(t, { retries: 0 });
    const registry = await start();
    t.after(() => registry.close());
    const { host: serveraddress } = new URL(registry.url);
    const good = { username: 'user', password: 'pw', serveraddress };
    for (const server of [serveraddress, `http://${serveraddress}`, `http://${serveraddress}/v2/`]) {
      const answer = await login(engine, { ...good, serveraddress: server });
      assert.deepEqual([answer.status, answer.json()], [200, { IdentityToken: '', Status: 'Login Succeeded' }]);
    }
    const refused = await login(engine, { ...good, password: 'wrong' });
    const status = kind === 'basic' ? 500 : 401;
    assert.equal(refused.status, status);
    const words =
      kind === 'basic'
        ? `^login attempt to http://${serveraddress}/v2/ failed with status: 401 Unauthorized$`
        : `^Get "http://${serveraddress}/v2/": unauthorized: `;
    assert.match(messageOf(refused), new RegExp(words));
    assert.doesNotMatch(refused.text, /wrong/);
    const empty = await login(engine, { serveraddress });
    assert.equal(empty.status, status);
    if (kind === 'basic') assert.match(messageOf(empty), /: no basic auth credentials$/);
  });
}

test('who cannot be asked is told in docker’s words', async (t) => {
  const engine = await startTestEngine(t, { retries: 0 });
  const registry = await startRegistry({});
  const { host } = new URL(registry.url);
  await registry.close();
  const answer = await login(engine, { username: 'user', password: 'pw', serveraddress: host });
  assert.equal(answer.status, 500);
  assert.equal(messageOf(answer), `Get "http://${host}/v2/": dial tcp ${host}: connect: connection refused`);
});

const REFUSED: readonly (readonly [unknown, number, RegExp])[] = [
  [{ username: 'a', password: 'b', serveraddress: 'bad host' }, 400, /"bad host" is not the name of a registry/],
  [{ username: 'a', password: 'b', serveraddress: 'x\u001b[2J' }, 400, /is not the name of a registry/],
  [{ username: 5 }, 400, /^invalid JSON: username is no text$/],
  [{ password: ['x'] }, 400, /^invalid JSON: password is no text$/],
  ['{', 400, /^invalid JSON/],
  ['[]', 400, /^invalid JSON/],
  ['null', 400, /^invalid JSON/],
  ['x'.repeat(5 * 2 ** 20), 413, /too large/],
];

test('what is no login is refused', async (t) => {
  const engine = await startTestEngine(t, { retries: 0 });
  for (const [body, status, message] of REFUSED) {
    const answer = await login(engine, body);
    assert.equal(answer.status, status, answer.text);
    assert.match(messageOf(answer), message);
    assert.doesNotMatch(messageOf(answer), /\p{Cc}/u);
  }
});
