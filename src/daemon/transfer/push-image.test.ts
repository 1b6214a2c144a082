import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { encodeRegistryAuth, type RegistryAuth } from '#engine';
import { basicAuth, bearerAuth, buildImage, helloImage, type RegistryOptions, startRegistry, status } from '#testing';
import { happened, startTestEngine, type TestAnswer, type TestEngine } from '../engine.test.fixture.ts';

const image = buildImage({
  layers: [{ files: [{ name: 'a', content: 'a' }] }, { files: [{ name: 'b', content: 'b' }] }],
  config: { Labels: { version: '0.1' } },
});

interface World {
  readonly engine: TestEngine;
  /** Name of the image in the engine's store, on the registry that it is pushed to. */
  readonly name: string;
  push(path: string, auth?: RegistryAuth): Promise<TestAnswer>;
}

/** An engine that has `REGISTRY/app:1` and `:2` of a registry that may not have them. */
async function world(t: TestContext, options: RegistryOptions = {}): Promise<World> {
  const origin = await startRegistry({ images: { 'app:1': image, 'arm:1': helloImage('arm64') } });
  const registry = await startRegistry(options);
  t.after(() => Promise.all([origin.close(), registry.close()]));
  const engine = await startTestEngine(t, { retries: 1 });
  await engine.dray.pull(origin.reference('app:1'));
  const name = registry.reference('app');
  await engine.dray.tag(origin.reference('app:1'), `${name}:1`);
  await engine.dray.tag(origin.reference('app:1'), `${name}:2`);
  return {
    engine,
    name,
    push: (path, auth = {}) => {
      const headers = { 'X-Registry-Auth': encodeRegistryAuth(auth) };
      return engine.ask('POST', `/v1.50/images/${path.replace('NAME', name)}`, { headers });
    },
  };
}

function printed(answer: TestAnswer): readonly string[] {
  return answer
    .lines()
    .filter(({ progress, aux }) => progress === undefined && aux === undefined)
    .map(({ id, status: text, error }) => [id, text ?? error].filter(Boolean).join(': '));
}

describe('a push through the engine', () => {
  test('a tag: as docker tells it, then everything is there', async (t) => {
    const { push, name } = await world(t);
    const answer = await push('NAME/push?tag=1');
    assert.equal(answer.status, 200);
    const lines = printed(answer);
    assert.equal(lines[0], `The push refers to repository [${name}]`);
    const [above = '', below = ''] = lines.slice(1, 3).map((line) => line.slice(0, 12));
    assert.deepEqual(lines.slice(1, 3), [`${above}: Preparing`, `${below}: Preparing`]);
    assert.deepEqual(lines.slice(3, -1).toSorted(), [`${above}: Pushed`, `${below}: Pushed`].toSorted());
    const { aux, progressDetail } = answer.lines().at(-1) ?? {};
    const { Tag, Digest, Size } = aux as { Tag: string; Digest: string; Size: number };
    assert.deepEqual([Tag, progressDetail], ['1', {}]);
    assert.equal(lines.at(-1), `1: digest: ${Digest} size: ${Size}`);
    const again = printed(await push('NAME/push?tag=1'));
    assert.deepEqual(
      again.slice(3, -1).toSorted(),
      [above, below].map((id) => `${id}: Layer already exists`).toSorted(),
    );
  });

  test('all tags under one head, and one event', async (t) => {
    const { push, engine, name } = await world(t);
    const lines = printed(await push('NAME/push'));
    assert.deepEqual(
      lines.filter((line) => / digest: |refers/.test(line)).map((line) => line.slice(0, 8)),
      ['The push', '1: diges', '2: diges'],
    );
    const pushes = (await happened(engine)).filter(({ Action }) => Action === 'push');
    assert.deepEqual(
      pushes.map(({ Actor }) => Actor),
      [{ ID: name, Attributes: { name, version: '0.1' } }],
    );
  });

  test('the credentials of the client are shown', async (t) => {
    const { push } = await world(t, { auth: basicAuth({ user: 'pw' }) });
    const lines = printed(await push('NAME/push?tag=1', { username: 'user', password: 'pw' }));
    assert.match(lines.at(-1) ?? '', /^1: digest: /);
  });

  test('the platform of the image, where it is said', async (t) => {
    const { push } = await world(t);
    const platform = (architecture: string): string =>
      encodeURIComponent(JSON.stringify({ os: 'linux', architecture }));
    const lines = printed(await push(`NAME/push?tag=1&platform=${platform('amd64')}`));
    assert.match(lines.at(-1) ?? '', /^1: digest: /);
    const missing = await push(`NAME/push?tag=1&platform=${platform('arm64')}`);
    assert.equal(missing.status, 404);
    assert.match(missing.text, /was found but .* the specified platform \(linux\/arm64\)/);
    assert.equal((await push('NAME/push?tag=1&platform=bogus')).status, 400);
  });
});

describe('a push that fails', () => {
  const users = { user: 'pw' };
  const rows: readonly (readonly [
    what: string,
    path: string,
    error: string,
    options?: RegistryOptions,
    auth?: RegistryAuth,
  ])[] = [
    ['no such image', 'nosuch/push?tag=latest', 'An image does not exist locally with the tag: nosuch'],
    ['no tags at all', 'localhost:5000/no/push', 'An image does not exist locally with the tag: localhost:5000/no'],
    ['no such tag', 'NAME/push?tag=9', 'tag does not exist: NAME:9'],
    ['a digest', `NAME@sha256:${'a'.repeat(64)}/push`, 'cannot push a digest reference'],
    ['credentials are wanted', 'NAME/push?tag=1', 'no basic auth credentials', { auth: basicAuth(users) }],
    [
      'credentials are refused',
      'NAME/push?tag=1',
      'unauthorized: authentication required',
      { auth: basicAuth(users) },
      { username: 'user', password: 'bad' },
    ],
    ['no token', 'NAME/push?tag=1', 'unauthorized: incorrect username or password', { auth: bearerAuth({ users }) }],
    [
      'a token that does not allow it',
      'NAME/push?tag=1',
      'denied: requested access to the resource is denied',
      { auth: bearerAuth({ users, anonymous: true, actions: ['pull'] }) },
    ],
    [
      'a server that fails',
      'NAME/push?tag=1',
      'received unexpected HTTP status: 503 Service Unavailable',
      { faults: [status(503, { kind: 'manifest', method: 'PUT', retryAfter: 0 })] },
    ],
  ];
  for (const [what, path, message, options, auth] of rows) {
    test(`in the stream: ${what}`, async (t) => {
      const { push, name } = await world(t, options);
      const answer = await push(path, auth);
      assert.equal(answer.status, 200);
      assert.match(String(answer.lines()[0]?.['status']), /^The push refers to repository \[/);
      const error = message.replace('NAME', name);
      assert.deepEqual(answer.lines().at(-1), { errorDetail: { message: error }, error });
    });
  }

  test('by its status: names and tags that are none', async (t) => {
    const { push } = await world(t);
    for (const path of ['localhost:5000/App/push?tag=1', 'NAME/push?tag=..', '..%2f..%2fx/push?tag=1']) {
      assert.equal((await push(path)).status, 400, path);
    }
  });
});
