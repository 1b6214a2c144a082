import assert from 'node:assert/strict';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { DrayError, hasCode } from '#errors';
import { formatPlatform } from '#oci';
import { flipByte, helloImage, helloIndex } from '#testing';
import type { EngineArchives } from '../engine-archives.ts';
import { parsePlace } from '../place/parse-place.ts';
import { readImages } from '../place/read-images.ts';
import { withImagesAt } from '../place/with-image.ts';
import type { Places } from '../places.ts';
import { World } from './world.test.fixture.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

/** An engine whose images are one file, taken and given as it is. */
function withEngine(engine: Partial<EngineArchives> = {}): Places {
  const path = world.path('engine.tar');
  const images: EngineArchives = {
    host: 'unix:///engine.sock',
    platform: () => Promise.resolve(undefined),
    save: () => Promise.resolve(createReadStream(path)),
    load: (archive) => pipeline(archive, createWriteStream(path)),
    ...engine,
  };
  return { ...world.places(), engine: () => Promise.resolve(images) };
}

test('an image goes into an engine and comes back as it was', async () => {
  for (const image of [helloImage('amd64'), helloIndex()]) {
    const registry = await world.registry({ images: { 'app:1': image } });
    const places = withEngine();
    const there = await world.copy(registry.reference('app:1'), 'docker-daemon:other:2', {}, places);
    assert.deepEqual(there.names, ['docker.io/library/other:2']);
    assert.equal(there.root.digest, image.root.digest);
    const back = await world.copy('docker-daemon:other:2', registry.reference('back:1'), {}, places);
    assert.equal(back.root.digest, image.root.digest);
    assert.equal((await world.readBack(registry.reference('back:1'))).root.digest, image.root.digest);
    const named = await world.copy(
      'docker-daemon:other:2',
      `oci:${world.path(`layout-${image.root.size}`)}`,
      {},
      places,
    );
    assert.deepEqual(named.names, ['docker.io/library/other:2']);
  }
});

test('an image of the store goes there without a detour', async () => {
  const registry = await world.registry({ images: { 'app:1': helloImage('amd64') } });
  await world.copy(registry.reference('app:1'), 'store:app:1');
  const asked = registry.requests.length;
  const there = await world.copy('store:app:1', 'docker-daemon:app:1', { tags: ['latest'] }, withEngine());
  assert.deepEqual(there.names, ['docker.io/library/app:1', 'docker.io/library/app:latest']);
  assert.equal(registry.requests.length, asked);
});

test('what was downloaded before the engine refused is not downloaded again', async () => {
  const registry = await world.registry({ images: { 'app:1': helloImage('amd64') } });
  const refusal = new DrayError('SERVER_FAILED', 'no space left on device');
  const refusing = withEngine({ load: () => Promise.reject(refusal) });
  await assert.rejects(world.copy(registry.reference('app:1'), 'docker-daemon:app:1', {}, refusing), refusal);
  const asked = registry.requests.filter(({ kind, method }) => kind === 'blob' && method === 'GET').length;
  await world.copy(registry.reference('app:1'), 'docker-daemon:app:1', {}, withEngine());
  const configs = 1;
  assert.equal(
    registry.requests.filter(({ kind, method }) => kind === 'blob' && method === 'GET').length - asked,
    configs,
    'layers came from the store',
  );
});

test('an engine that keeps its own platform alone gets that of an index', async () => {
  const image = helloIndex();
  const registry = await world.registry({ images: { 'app:1': image } });
  const places = withEngine({ platform: () => Promise.resolve('linux/arm64') });
  for (const [options, platforms] of [
    [{}, ['linux/arm64']],
    [{ platform: ['linux/amd64'] }, ['linux/amd64']],
    [{ allPlatforms: true }, ['linux/amd64', 'linux/arm64']],
  ] as const) {
    await world.copy(registry.reference('app:1'), 'docker-daemon:app:1', options, places);
    const how = { action: 'look at', several: false };
    const found = await withImagesAt(
      parsePlace('docker-daemon:app:1', { plain: 'store' }),
      places,
      how,
      async ([one]) => {
        const wanted = { platforms: 'all', named: false } as const;
        const { images } = await readImages(one.source, one.root, {
          wanted,
          host: places.host,
          artifacts: false,
          what: 'it',
        });
        return images.map(({ platform }) => formatPlatform(platform));
      },
    );
    assert.deepEqual(
      found.toSorted().filter((each) => platforms.includes(each as never)),
      platforms,
    );
    assert.equal(found.length, platforms.length);
  }
});

test('an engine that stops reading is told of by its own words', async () => {
  const registry = await world.registry({ images: { 'app:1': helloImage('amd64') } });
  const places = withEngine({
    async load(archive) {
      for await (const _ of archive) throw new DrayError('SERVER_FAILED', 'invalid tar header');
    },
  });
  await assert.rejects(
    world.copy(registry.reference('app:1'), 'docker-daemon:app:1', {}, places),
    /invalid tar header/,
  );
});

test('a registry that lies leaves the engine without an archive', async () => {
  const registry = await world.registry({
    images: { 'app:1': helloImage('amd64') },
    faults: [flipByte(10, { kind: 'blob' })],
  });
  let loads = 0;
  const places = withEngine({ load: () => Promise.resolve(void (loads += 1)) });
  await assert.rejects(world.copy(registry.reference('app:1'), 'docker-daemon:app:1', {}, places));
  assert.equal(loads, 0);
});

test('what an engine has not, and cannot be called', async () => {
  const registry = await world.registry({ images: { 'app:1': helloImage('amd64') } });
  const places = withEngine({ save: () => Promise.reject(new DrayError('NOT_FOUND', 'No such image: app:1')) });
  const to = `oci:${world.path('out')}`;
  await assert.rejects(world.copy('docker-daemon:app:1', to, {}, places), (e) => hasCode(e, 'MANIFEST_UNKNOWN'));
  const broken = withEngine({ save: () => Promise.resolve(pieces('no archive at all')) });
  await assert.rejects(world.copy('docker-daemon:app:1', to, {}, broken), (e) => e instanceof DrayError);
  assert.ok(!(await readdir(world.folder)).includes('out'));
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const name of [digest, `app@${digest}`]) {
    await assert.rejects(world.copy(registry.reference('app:1'), `docker-daemon:${name}`, {}, places), (e) =>
      hasCode(e, 'INVALID_OPTION'),
    );
  }
});

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
