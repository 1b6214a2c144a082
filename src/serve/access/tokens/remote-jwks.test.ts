import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { DrayError } from '#errors';
import { RemoteJwks } from './remote-jwks.ts';
import { ecKey, jwk } from './tokens.test.fixture.ts';

interface Served {
  readonly keys: RemoteJwks;
  readonly problems: readonly DrayError[];
  /** Requests so far. */
  readonly asked: () => number;
  answer: (response: ServerResponse) => void;
  now: number;
}

function keySet(...names: readonly string[]): (response: ServerResponse) => void {
  return (response) => response.end(JSON.stringify({ keys: names.map((kid) => jwk(ecKey(), { kid })) }));
}

async function served(t: TestContext): Promise<Served> {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    state.answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const problems: DrayError[] = [];
  const state: Served = {
    keys: new RemoteJwks(
      new URL(`http://127.0.0.1:${port}/jwks?secret=1`),
      (error) => problems.push(error),
      () => state.now,
    ),
    problems,
    asked: () => count,
    answer: keySet('one'),
    now: 0,
  };
  t.after(() => {
    state.keys.close();
    server.close();
    server.closeAllConnections();
  });
  return state;
}

const names = ({ keys }: Served): readonly (string | undefined)[] => keys.keys.map(({ kid }) => kid);

test('keys are fetched again at most once a minute', async (t) => {
  const state = await served(t);
  await Promise.all([state.keys.refresh(), state.keys.refresh()]);
  assert.deepEqual(names(state), ['one']);
  state.answer = keySet('two');
  state.now += 59_000;
  await state.keys.refresh();
  assert.deepEqual(names(state), ['one']);
  assert.equal(state.asked(), 1);
  state.now += 1000;
  await state.keys.refresh();
  assert.deepEqual(names(state), ['two']);
});

test('what is old is asked for beside those who use it', async (t) => {
  const state = await served(t);
  await state.keys.refresh();
  state.answer = keySet('two');
  state.now += 15 * 60_000;
  assert.deepEqual(names(state), ['one']);
  await state.keys.refresh();
  assert.deepEqual(names(state), ['two']);
});

test('an answer that is no key set leaves what was known, and is told once', async (t) => {
  const state = await served(t);
  await state.keys.refresh();
  const answers: readonly ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(500).end('down'),
    (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    (response) => response.end('<html>'),
    (response) => response.end('{"keys":[{"kty":"oct","k":"AA"}]}'),
    (response) => response.end('x'.repeat(1024 * 1024 + 1)),
    (response) => response.destroy(),
  ];
  for (const [at, answer] of answers.entries()) {
    state.answer = answer;
    for (let turn = 0; turn < 2; turn += 1) {
      state.now += 60_000;
      await state.keys.refresh();
    }
    assert.deepEqual(names(state), ['one']);
    assert.equal(state.problems.length, at + 1, state.problems.map(({ message }) => message).join('\n'));
    assert.doesNotMatch(state.problems[at]?.message ?? '', /secret/);
  }
  state.answer = keySet('two');
  state.now += 60_000;
  await state.keys.refresh();
  assert.deepEqual(names(state), ['two']);
});

test('without any keys it is asked again soon', async (t) => {
  const state = await served(t);
  state.answer = (response) => response.writeHead(503).end();
  await state.keys.refresh();
  state.answer = keySet('one');
  state.now += 5000;
  await state.keys.refresh();
  assert.deepEqual(names(state), ['one']);
});
