import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createEngine, type Engine } from '#engine';
import { hasCode } from '#errors';
import { basicAuth, helloIndex, type RegistryOptions, slow, startRegistry, type TestRegistry } from '#testing';
import { startTestEngine, type TestEngine } from './engine.test.fixture.ts';

interface Ends {
  readonly registry: TestRegistry;
  readonly served: TestEngine;
  readonly engine: Engine;
  readonly name: string;
}

/** The client, the engine and a registry, all of them the project's own. */
async function start(t: TestContext, options: RegistryOptions = {}): Promise<Ends> {
  const registry = await startRegistry({ images: { 'team/hello:1': helloIndex() }, ...options });
  t.after(() => registry.close());
  const served = await startTestEngine(t);
  const engine = createEngine({ host: served.host, version: 'negotiate' });
  t.after(() => engine.close());
  return { registry, served, engine, name: registry.reference('team/hello:1') };
}

test('client and engine understand each other: pull, push, save, load, import, remove', async (t) => {
  const { registry, engine, name } = await start(t);
  const { digest, status } = await engine.images.pull(name).done();
  assert.equal(status, `Downloaded newer image for ${name}`);
  const [listed] = await engine.images.list({ manifests: true });
  assert.deepEqual(listed?.RepoTags, [name]);
  assert.equal(listed?.Descriptor?.digest, digest);
  assert.equal(listed?.Manifests?.length, 2);
  const { Id, Architecture } = await engine.images.inspect(name);
  assert.equal((await engine.images.inspect(Id)).Id, Id);
  const other = Architecture === 'arm64' ? 'amd64' : 'arm64';
  await engine.images.pull(name, { platform: `linux/${other}` }).done();
  assert.equal((await engine.images.inspect(name, { platform: `linux/${other}` })).Architecture, other);

  const copy = registry.reference('team/copy:2');
  await engine.images.tag(name, copy);
  const { pushed } = await engine.images.push(copy).done();
  assert.deepEqual(
    pushed.map((one) => [one.tag, one.digest]),
    [['2', digest]],
  );
  assert.equal((await engine.images.distribution(copy)).Descriptor.digest, digest);

  const archive: Buffer[] = [];
  for await (const chunk of engine.images.save(name)) archive.push(Buffer.from(chunk));
  await engine.images.remove(name);
  await engine.images.remove(copy);
  await assert.rejects(engine.images.inspect(name), (error) => hasCode(error, 'NOT_FOUND'));
  const bytes = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield* archive;
  };
  assert.deepEqual(await engine.images.load(bytes(), { quiet: true }).done(), { loaded: [name] });
  assert.equal((await engine.images.inspect(name)).Id, Id);

  const empty = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield Buffer.alloc(1024);
  };
  const { id } = await engine.images.import(empty(), { reference: 'made:1', changes: ['ENV A=b'] }).done();
  assert.deepEqual((await engine.images.inspect(id)).Config?.Env, ['A=b']);
  const removed = await engine.images.prune({ dangling: false });
  assert.ok(removed.ImagesDeleted?.some(({ Untagged }) => Untagged === 'made:1'));
  assert.deepEqual(await engine.images.list(), []);
});

test('a store that is changed behind its back is seen at once', async (t) => {
  const { served, engine, name } = await start(t);
  assert.deepEqual(await engine.images.list(), []);
  await served.dray.pull(name);
  assert.equal((await engine.images.list()).length, 1);
});

test('the registry is shown what the call gives, and its refusal is told', async (t) => {
  const { engine, name } = await start(t, { auth: basicAuth({ user: 'secret' }) });
  const own = { username: 'user', password: 'secret' };
  await assert.rejects(engine.images.pull(name).done(), (error) => hasCode(error, 'UNAUTHORIZED', 'DENIED'));
  await engine.images.pull(name, { auth: own }).done();
  await assert.rejects(engine.images.push(name).done(), (error) => hasCode(error, 'UNAUTHORIZED', 'DENIED'));
  await engine.images.push(name, { auth: own }).done();
});

test('a client that leaves ends the pull', async (t) => {
  const { engine, name } = await start(t, { faults: [slow(100, { kind: 'blob' })] });
  const stopping = new AbortController();
  const pulling = engine.images.pull(name, { signal: stopping.signal }).done({
    onMessage: () => stopping.abort(),
  });
  await assert.rejects(pulling, (error) => hasCode(error, 'CANCELLED'));
  assert.deepEqual(await engine.images.list(), []);
});
