import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine, type EngineEvent, type EngineOptions, type ProgressMessage } from 'dray/engine';
import { helloImage, helloIndex, tarOf } from 'dray/testing';
import { atEnd } from './cleanup.ts';
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts';
import { type DockerDaemon, type Dockerd, needsOf, startDockerDaemon } from './dockerd.ts';
import { OLD_DOCKERS, peerTest } from './peers.ts';
import { makeFolder, run } from './run.ts';

const KINDS = ['graph', 'containerd', ...OLD_DOCKERS] as const;
const needs = (kind: Dockerd): readonly string[] => [...needsOf(kind), 'docker-registry', 'crane'];

let registry: Promise<DockerRegistry> | undefined;
const daemons = new Map<Dockerd, Promise<DockerDaemon>>();

async function filledRegistry(): Promise<DockerRegistry> {
  const started = await startDockerRegistry();
  await started.push('team/hello:1', helloIndex());
  await started.push('team/hello:2', helloImage('amd64'));
  return started;
}

interface Setting {
  readonly host: string;
  readonly engine: Engine;
  readonly daemon: DockerDaemon;
}

/** One registry and a daemon for each store for the whole file; each test takes away the images that it has made. */
async function start(images: Dockerd, options: EngineOptions = {}): Promise<Setting> {
  registry ??= filledRegistry();
  const starting = daemons.get(images) ?? startDockerDaemon(images);
  daemons.set(images, starting);
  const daemon = await starting;
  const engine = createEngine({ version: 'negotiate', ...options, host: daemon.host });
  atEnd(() => engine.close());
  return { host: (await registry).host, engine, daemon };
}

async function clear({ engine }: Setting): Promise<void> {
  for (const { Id } of await engine.images.list({ all: true })) {
    await engine.images.remove(Id, { force: true }).catch(() => {});
  }
  assert.deepEqual(await engine.images.list({ all: true }), []);
}

async function bytesIn(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

const failure = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && 'code' in error && 'detail' in error, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(String((error.detail as { message?: unknown }).message), text);
  return true;
};

for (const images of KINDS) {
  const NEEDS = needs(images);

  peerTest(`dockerd (${images}): pull, list, inspect, history, tag, push and remove`, NEEDS, async () => {
    const setting = await start(images);
    const { host, engine, daemon } = setting;
    const name = `${host}/team/hello:1`;
    const index = (await run('crane', ['digest', name])).trim();

    const messages: ProgressMessage[] = [];
    const first = await engine.images.pull(name).done({ onMessage: (message) => messages.push(message) });
    assert.deepEqual(first, { reference: name, digest: index, status: `Downloaded newer image for ${name}` });
    assert.equal(messages[0]?.id, '1');
    assert.ok(messages.some(({ status }) => status === 'Pull complete'));
    const again: ProgressMessage[] = [];
    for await (const message of engine.images.pull(name)) again.push(message);
    assert.equal(again.at(-1)?.status, `Status: Image is up to date for ${name}`);
    const raw = (await bytesIn(engine.images.pull(`${host}/team/hello@${index}`).raw())).toString();
    assert.match(raw, /^\{"status":"Pulling from team\/hello"/);

    const [listed, ...others] = await engine.images.list();
    assert.deepEqual(others, []);
    assert.equal(listed?.RepoTags?.[0], name);
    assert.deepEqual(listed?.RepoDigests, [`${host}/team/hello@${index}`]);
    const inspected = await engine.images.inspect(name);
    const [shown] = JSON.parse(await daemon.docker('image', 'inspect', name)) as unknown[];
    assert.deepEqual(inspected, shown);
    assert.equal((await engine.images.inspect(inspected.Id)).Id, inspected.Id);
    assert.equal((await engine.images.inspect(inspected.Id.slice(7, 19))).Id, inspected.Id);
    const steps = await engine.images.history(name);
    assert.equal(
      steps.map(({ CreatedBy }) => CreatedBy).join('\n'),
      (await daemon.docker('history', '--no-trunc', '--format', '{{.CreatedBy}}', name)).trimEnd(),
    );

    const copy = `${host}/team/copy:${images}`;
    await engine.images.tag(name, copy);
    assert.equal((await engine.images.list({ filters: { reference: [`${host}/team/copy`] } })).length, 1);
    const { pushed } = await engine.images.push(copy).done();
    const digest = (await run('crane', ['digest', copy])).trim();
    assert.deepEqual(
      pushed.map((one) => [one.tag, one.digest]),
      [[images, digest]],
    );
    assert.deepEqual((await engine.images.distribution(copy)).Descriptor.digest, digest);
    assert.deepEqual(await engine.images.remove(copy), [
      { Untagged: copy },
      ...(images !== 'containerd' ? [{ Untagged: `${host}/team/copy@${digest}` }] : []),
    ]);
    const removed = await engine.images.remove(name);
    assert.deepEqual(removed[0], { Untagged: name });
    assert.ok(removed.some(({ Deleted }) => Deleted === inspected.Id));
    await clear(setting);
  });

  peerTest(`dockerd (${images}): save, load, import and prune`, NEEDS, async () => {
    const setting = await start(images);
    const { host, engine } = setting;
    const name = `${host}/team/hello:2`;
    await engine.images.pull(name).done();
    const { Id } = await engine.images.inspect(name);
    const archive = await bytesIn(engine.images.save([name]));
    await engine.images.remove(name);
    await assert.rejects(engine.images.inspect(name), failure('NOT_FOUND', /No such image/));
    assert.deepEqual(await engine.images.load(chunksOf(archive), { quiet: true }).done(), { loaded: [name] });
    assert.equal((await engine.images.inspect(name)).Id, Id);
    await assert.rejects(engine.images.load(chunksOf(Buffer.from('no archive'))).done(), Error);

    const files = tarOf([{ name: 'hello', content: 'there\n' }]);
    const importing = { reference: 'imported:1', changes: ['ENV A=b'], message: 'from a test' };
    const { id } = await engine.images.import(chunksOf(files), importing).done();
    const imported = await engine.images.inspect('imported:1');
    assert.deepEqual([imported.Id, imported.Comment, imported.Config?.Env], [id, 'from a test', ['A=b']]);
    await engine.images.import(chunksOf(files), { ...importing, changes: ['ENV A=c'] }).done();
    const report = await engine.images.prune();
    if (images !== 'containerd') assert.ok(report.ImagesDeleted?.some(({ Deleted }) => Deleted === id));
    assert.ok((await engine.images.list({ all: true })).every((image) => image.Id !== id));
    await engine.images.prune({ dangling: false });
    await clear(setting);
  });

  peerTest(`dockerd (${images}): what is not there, and what cannot be`, NEEDS, async () => {
    const { host, engine } = await start(images);
    await assert.rejects(engine.images.pull(`${host}/team/none`).done(), failure('NOT_FOUND', /not found/));
    await assert.rejects(engine.images.pull('127.0.0.1:1/x').done(), failure('SERVER_FAILED', /connection refused/));
    await assert.rejects(
      engine.images.push(`${host}/team/none`).done(),
      failure('NOT_FOUND', images !== 'containerd' ? /does not exist locally/ : /does not exist/),
    );
    await assert.rejects(engine.images.history('none'), failure('NOT_FOUND', /No such image/));
    await assert.rejects(engine.images.tag('none', 'x'), failure('NOT_FOUND', /No such image/));
    await assert.rejects(engine.images.remove('none'), failure('NOT_FOUND', /No such image/));
    await assert.rejects(
      engine.images.prune({ until: 'yesterday' }),
      /failed to parse value as time or duration: "yesterday"/,
    );
  });

  peerTest(`dockerd (${images}): events as they happen, and those that have been`, NEEDS, async () => {
    const setting = await start(images);
    const { host, engine } = setting;
    const name = `${host}/team/hello:2`;
    const seen: EngineEvent[] = [];
    const stopping = new AbortController();
    const began = new Date();
    const watching = (async () => {
      for await (const event of engine.events({
        since: began,
        filters: { type: ['image'] },
        signal: stopping.signal,
      })) {
        seen.push(event);
        if (event.Action === 'untag') return;
      }
    })();
    await engine.images.pull(name).done();
    await engine.images.tag(name, 'seen:1');
    await engine.images.remove('seen:1');
    await watching;
    const actions = seen.map(({ Action, Actor }) => `${Action} ${Actor.Attributes['name']}`);
    assert.ok(actions[0]?.startsWith('pull ') && actions.some((action) => action.startsWith('tag ')), String(actions));
    const past: string[] = [];
    for await (const { Action } of engine.events({ since: began, until: '0s', filters: { event: ['pull'] } })) {
      past.push(Action);
    }
    assert.deepEqual(past, ['pull']);
    stopping.abort();
    await clear(setting);
  });
}

for (const images of ['graph', ...OLD_DOCKERS] as const) {
  peerTest(`dockerd (${images}): a build by the classic builder, and one that fails`, needs(images), async () => {
    const setting = await start(images);
    const { engine } = setting;
    const context = (dockerfile: string): Uint8Array =>
      tarOf([
        { name: 'Dockerfile', content: dockerfile },
        { name: 'hello', content: 'there\n' },
      ]);
    const good = context('FROM scratch\nARG WHO\nCOPY hello /\nLABEL who=$WHO\n');
    const built = await engine.images
      .build(chunksOf(good), { tags: ['built:1'], buildArgs: { WHO: 'me' }, labels: { a: 'b' } })
      .done();
    const { Id, Config } = await engine.images.inspect('built:1');
    assert.equal(Id, built.id);
    assert.deepEqual(Config?.Labels, { a: 'b', who: 'me' });
    const quiet = await engine.images.build(chunksOf(good), { quiet: true, noCache: true }).done();
    assert.match(quiet.id ?? '', /^sha256:[0-9a-f]{64}$/);
    await assert.rejects(engine.images.build(chunksOf(context('FROM scratch\nCOPY none /\n'))).done(), Error);
    await clear(setting);
  });

  peerTest(`dockerd (${images}): what it says of itself`, needs(images), async () => {
    const { engine, daemon } = await start(images);
    const { apiVersion, osType } = await engine.ping();
    assert.equal(osType, 'linux');
    const version = await engine.version();
    assert.equal(version.ApiVersion, apiVersion);
    assert.equal((await engine.info()).ServerVersion, version.Version);
    // `types` came with 1.42.
    const usage = await engine.diskUsage(images === '20' ? {} : { types: ['image'] });
    assert.deepEqual(usage.Images ?? [], []);
    // What it is too old for is not asked of it, whether that was found out or said.
    const known = images === 'graph' ? '1.46' : apiVersion;
    const old = createEngine({ host: daemon.host, version: known ?? '' });
    for (const client of images === 'graph' ? [old] : [old, engine]) {
      await assert.rejects(client.images.inspect('x', { platform: 'linux/amd64' }), {
        code: 'UNSUPPORTED',
        message: `the option "platform" requires API version 1.49, but the engine is asked in API version ${known}`,
      });
    }
    assert.deepEqual(await old.images.list(), []);
    old.close();
    const newer = createEngine({ host: daemon.host, version: '1.99' });
    await assert.rejects(newer.images.list(), { code: 'INVALID_OPTION', hint: /'negotiate'/ });
    newer.close();
  });
}

peerTest(
  'dockerd: credentials of config.json, of the call, and of onAuthRequired',
  [...KINDS.flatMap(needs), 'htpasswd'],
  async () => {
    const user = { name: 'user', password: 'pa:ss wörd' };
    const closed = await startDockerRegistry({ user });
    await closed.push('team/secret:1', helloImage('amd64'));
    const name = `${closed.host}/team/secret:1`;
    const own = { username: user.name, password: user.password };
    for (const images of KINDS) {
      const setting = await start(images);
      const { engine } = setting;
      // It makes a 500 of the registry's 401: docker, too, asks nobody then.
      const onAuthRequired = () => assert.fail('asked');
      await assert.rejects(
        engine.images.pull(name, { onAuthRequired }).done(),
        failure('UNAUTHORIZED', /no basic auth credentials/),
      );
      await engine.images.pull(name, { auth: own }).done();
      await engine.images.remove(name);

      const file = join(makeFolder(), 'config.json');
      const auth = Buffer.from(`${user.name}:${user.password}`).toString('base64');
      writeFileSync(file, JSON.stringify({ auths: { [closed.host]: { auth } } }));
      const withFile = (await start(images, { auth: { dockerConfigFile: file } })).engine;
      await withFile.images.pull(name).done();
      await assert.rejects(
        withFile.images.pull(name, { auth: false }).done(),
        failure('UNAUTHORIZED', /no basic auth/),
      );
      await withFile.images.tag(name, `${closed.host}/team/other:1`);
      await assert.rejects(
        withFile.images.push(`${closed.host}/team/other:1`, { auth: false }).done(),
        failure('UNAUTHORIZED', /no basic auth/),
      );
      await withFile.images.push(name).done();
      assert.equal((await withFile.images.distribution(name)).Descriptor.size > 0, true);
      await clear(setting);

      const login = { ...own, serveraddress: closed.host };
      assert.equal((await engine.checkLogin(login)).Status, 'Login Succeeded');
      await assert.rejects(
        engine.checkLogin({ ...login, password: 'wrong' }),
        failure('UNAUTHORIZED', /unauthorized|401/),
      );
    }
  },
);
