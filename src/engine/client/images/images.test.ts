import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf } from '#bytes';
import { hasCode } from '#errors';
import { fakeConnection } from '../fake-connection.test.fixture.ts';
import { systemOf } from '../system/system.ts';
import { type EngineImages, imagesOf } from './images.ts';

const ARM = 'linux/arm64';
const files = () => bytesOf(Buffer.from('tar'));

async function all(bytes: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of bytes);
}

/** What an option asks for, by the version that knows it first. */
const GATES: Readonly<Record<string, readonly [since: string, call: (images: EngineImages) => Promise<unknown>]>> = {
  'pull platform': ['1.32', (images) => images.pull('x', { platform: ARM }).done()],
  'import platform': ['1.32', (images) => images.import(files(), { platform: ARM }).done()],
  'build platform': ['1.32', (images) => images.build(files(), { platform: ARM }).done()],
  'push platform': ['1.46', (images) => images.push('x', { platform: ARM }).done()],
  'load platform': ['1.48', (images) => images.load(files(), { platform: ARM }).done()],
  'save platform': ['1.48', (images) => all(images.save('x', { platform: ARM }))],
  'history platform': ['1.48', (images) => images.history('x', { platform: ARM })],
  'inspect platform': ['1.49', (images) => images.inspect('x', { platform: ARM })],
  'inspect manifests': ['1.48', (images) => images.inspect('x', { manifests: true })],
  'list manifests': ['1.47', (images) => images.list({ manifests: true })],
  'list sharedSize': ['1.42', (images) => images.list({ sharedSize: true })],
  'remove platforms': ['1.50', (images) => images.remove('x', { platforms: [ARM] })],
  prune: ['1.25', (images) => images.prune()],
  distribution: ['1.30', (images) => images.distribution('x')],
};

test('what an older engine would pass over is refused, with both versions; from its version on it is sent', async () => {
  for (const [name, [since, call]] of Object.entries(GATES)) {
    const older = fakeConnection(undefined, `1.${Number(since.slice(2)) - 1}`);
    await assert.rejects(
      call(imagesOf(older)),
      (error) => hasCode(error, 'UNSUPPORTED') && error.message.includes(since) && error.detail['required'] === since,
      name,
    );
    assert.equal(older.requests.length, 0, name);
    const body = ['list', 'history', 'remove'].some((verb) => name.startsWith(verb)) ? '[]' : '{}';
    const status = `{"status":"sha256:${'a'.repeat(64)}"}`;
    const newer = fakeConnection(() => ({ body: name.startsWith('import') ? status : body }), since);
    await call(imagesOf(newer));
    assert.equal(newer.requests.length, 1, name);
  }
  const system = systemOf(fakeConnection(undefined, '1.41'));
  await assert.rejects(system.diskUsage({ types: ['image'] }), (error) => hasCode(error, 'UNSUPPORTED'));
  await system.diskUsage();
});

test('options that are not used ask for no version', async () => {
  const connection = fakeConnection(() => ({ body: '[]' }), '1.24');
  const images = imagesOf({ ...connection, version: () => assert.fail('asked for the version') });
  await images.list({ all: true, manifests: false });
  await images.history('x');
  await images.remove('x', { force: true });
});

test('platforms are checked here, and written as the parameter has them', async () => {
  const connection = fakeConnection(() => ({ body: '{}' }));
  const images = imagesOf(connection);
  await images.pull('x', { platform: 'Linux/ARM64' }).done();
  assert.equal(connection.requests[0]?.query?.['platform'], 'linux/arm64');
  await images.inspect('x', { platform: 'linux/arm/v7' });
  assert.equal(connection.requests[1]?.query?.['platform'], '{"architecture":"arm","os":"linux","variant":"v7"}');
  await images.inspect('x', { platform: 'arm64' });
  assert.equal(connection.requests[2]?.query?.['platform'], '{"architecture":"arm64","os":"linux"}');
  for (const platform of ['', 'linux', 'linux/', 'a/b/c/d', '*', 'linux/a?b']) {
    await assert.rejects(
      images.pull('x', { platform }).done(),
      (error) => hasCode(error, 'INVALID_PLATFORM'),
      platform,
    );
    await assert.rejects(images.inspect('x', { platform }), (error) => hasCode(error, 'INVALID_PLATFORM'), platform);
  }
  assert.equal(connection.requests.length, 3);
});

test('a build is asked for with what its options say', async () => {
  const connection = fakeConnection(() => ({ body: '{}' }));
  await imagesOf(connection).build(files(), {
    tags: ['app', 'app:1'],
    buildArgs: { A: 'b', HTTP_PROXY: null },
    cacheFrom: ['app:0'],
    extraHosts: ['db:10.0.0.1', 'web:10.0.0.2'],
    memory: 5e8,
    shmSize: 1e8,
    forceRemove: true,
  });
  const query = connection.requests[0]?.query ?? {};
  assert.deepEqual(Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)), {
    buildargs: '{"A":"b","HTTP_PROXY":null}',
    cachefrom: '["app:0"]',
    dockerfile: 'Dockerfile',
    extrahosts: ['db:10.0.0.1', 'web:10.0.0.2'],
    forcerm: true,
    memory: 5e8,
    shmsize: 1e8,
    t: ['app', 'app:1'],
    version: '1',
  });
});

test('what a step of a build says is no ID of the image', async () => {
  const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
  const said = `{"stream":"${digest('a')}\\n"}\n`;
  const id = `{"aux":{"ID":"${digest('b')}"}}\n`;
  const built = (body: string, quiet?: boolean) => imagesOf(fakeConnection(() => ({ body }))).build(files(), { quiet });
  assert.deepEqual(await built(said), {});
  assert.deepEqual(await built(`${id}${said}`), { id: digest('b') });
  assert.deepEqual(await built(said, true), { id: digest('a') });
});

test('what docker refuses by itself is refused here too', async () => {
  const images = imagesOf(fakeConnection());
  const digest = `x@sha256:${'a'.repeat(64)}`;
  assert.throws(
    () => images.pull('x:1', { all: true }),
    (error) => hasCode(error, 'INVALID_OPTION'),
  );
  assert.throws(
    () => images.pull(digest, { all: true }),
    (error) => hasCode(error, 'INVALID_OPTION'),
  );
  assert.throws(
    () => images.push('x:1', { all: true }),
    (error) => hasCode(error, 'INVALID_OPTION'),
  );
  assert.throws(
    () => images.push(digest),
    (error) => hasCode(error, 'INVALID_REFERENCE'),
  );
  await assert.rejects(images.tag('x', digest), (error) => hasCode(error, 'INVALID_REFERENCE'));
  await assert.rejects(all(images.save([])), (error) => hasCode(error, 'INVALID_OPTION'));
});

test('an answer of another shape is refused, and null is a list of nothing', async () => {
  const answering = (body: string) => imagesOf(fakeConnection(() => ({ body })));
  assert.deepEqual(await answering('null').list(), []);
  for (const body of ['{}', '5', '"x"', '[5]', '[null]']) {
    await assert.rejects(answering(body).list(), (error) => hasCode(error, 'BAD_RESPONSE'), body);
    await assert.rejects(answering(body).history('x'), (error) => hasCode(error, 'BAD_RESPONSE'), body);
  }
  for (const body of ['null', '[]', '5', '"x"']) {
    await assert.rejects(answering(body).inspect('x'), (error) => hasCode(error, 'BAD_RESPONSE'), body);
  }
  await assert.rejects(answering('{"status":"imported"}').import(files()).done(), (error) =>
    hasCode(error, 'BAD_RESPONSE'),
  );
});

test('what has no answer to wait for is not hurried', async () => {
  const connection = fakeConnection(() => ({ body: '{}' }));
  const images = imagesOf(connection);
  await images.pull('x').done();
  await images.prune();
  await all(images.save('x'));
  await all(systemOf(connection).events());
  const listing = fakeConnection(() => ({ body: '[]' }));
  for (const sharedSize of [true, false, undefined]) await imagesOf(listing).list({ sharedSize });
  const timeouts = [...connection.requests, ...listing.requests].map(({ timeout }) => timeout);
  assert.deepEqual(timeouts, [false, false, false, false, false, true, true]);
});
