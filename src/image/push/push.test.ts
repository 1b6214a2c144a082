import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { hasCode } from '#errors';
import type { ProgressEvent } from '#progress';
import { buildImage, buildIndex, buildLayer, cutAfter, helloImage, helloIndex, status } from '#testing';
import { World } from '../copy/world.test.fixture.ts';

const KiB = 1024;

describe('push', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  /** The last state of each layer, in the order in which they were first heard of. */
  function ends(events: readonly ProgressEvent[]): readonly string[] {
    const last = new Map<string, string>();
    for (const event of events) {
      if (event.kind === 'blob' && event.role === 'layer') {
        last.set(event.digest, event.from === undefined ? event.state : `${event.state} from ${event.from}`);
      }
    }
    return [...last.values()];
  }

  test('an image of the store: layers that another repository of the registry has are mounted', async () => {
    const base = buildLayer({ fill: 200 * KiB });
    const origin = await world.registry({
      images: {
        'hello:1': buildImage({ layers: [base] }),
        'main:1': buildImage({ layers: [base, { fill: 3000, seed: 'own' }] }),
      },
    });
    const target = await world.registry();
    for (const name of ['hello', 'main']) {
      await world.copy(origin.reference(`${name}:1`), `store:${target.reference(`${name}:latest`)}`);
    }
    const [hello] = await world.push(target.reference('hello'));
    assert.equal(hello?.fullName, target.reference('hello:latest'));
    world.events.length = 0;
    const [main] = await world.push(target.reference('main'));
    assert.deepEqual(ends(world.events), ['mounted from hello', 'done']);
    assert.equal(main?.bytes.mounted, base.bytes.length);
    assert.equal((await world.readBack(target.reference('main:latest'))).root.digest, main?.root.digest);
    world.events.length = 0;
    await world.push(target.reference('main'));
    assert.deepEqual(ends(world.events), ['exists', 'exists']);
    const done = world.events.findLast(({ kind }) => kind === 'image-done');
    assert.deepEqual(done, {
      kind: 'image-done',
      reference: target.reference('main:latest'),
      label: 'latest',
      digest: main?.root.digest,
      size: main?.root.size,
      status: 'pushed',
    });
  });

  test('of an index what is in the store: one platform’s manifest, or all', async () => {
    const index = helloIndex();
    const origin = await world.registry({ images: { 'app:1': index } });
    const target = await world.registry();
    await world.copy(origin.reference('app:1'), `store:${target.reference('one:1')}`, { platform: 'linux/arm64' });
    await world.copy(origin.reference('app:1'), `store:${target.reference('all:1')}`);
    const [one] = await world.push(target.reference('one:1'));
    assert.match(one?.root.mediaType ?? '', /manifest/);
    const [all] = await world.push(target.reference('all:1'));
    assert.equal(all?.root.digest, index.root.digest);
    const [again] = await world.push(target.reference('all:1'), { platform: 'linux/arm64' });
    assert.equal(again?.root.digest, one?.root.digest);
    await assert.rejects(world.push(target.reference('all:1'), { platform: 'linux/s390x' }), (e) =>
      hasCode(e, 'PLATFORM_UNKNOWN'),
    );
  });

  test('all tags of a repository that the store has', async () => {
    const origin = await world.registry({ images: { 'app:1': helloImage('amd64') } });
    const target = await world.registry();
    for (const name of ['app:b', 'app:a', 'apple:1']) {
      await world.copy(origin.reference('app:1'), `store:${target.reference(name)}`);
    }
    const results = await world.push(target.reference('app'), { allTags: true });
    assert.deepEqual(
      results.map(({ reference }) => reference),
      [target.reference('app:a'), target.reference('app:b')],
    );
    assert.equal(world.events.filter((event) => event.kind === 'image-started' && event.action === 'push').length, 1);
  });

  test('an archive or a layout, under several names', async () => {
    const index = buildIndex([helloImage('amd64'), helloImage('arm64')]);
    const origin = await world.registry({ images: { 'app:1': index } });
    const target = await world.registry();
    const layout = world.path('layout');
    const archive = world.path('archive.tar');
    await world.copy(origin.reference('app:1'), `oci:${layout}:1`);
    await world.copy(origin.reference('app:1'), archive);
    for (const from of [layout, `oci:${layout}:1`, archive]) {
      const names = [target.reference('a:1'), target.reference('b:2')];
      const results = await world.push(names, { from });
      assert.deepEqual(
        results.map(({ root }) => root.digest),
        [index.root.digest, index.root.digest],
        from,
      );
      for (const name of names) await world.readBack(name);
    }
  });

  test('what is not in the store is said in docker’s words, after what is known', async () => {
    const target = await world.registry();
    await assert.rejects(world.push(target.reference('nosuch')), (e) => {
      return (
        hasCode(e, 'NOT_FOUND') && e.message === `An image does not exist locally with the tag: ${target.host}/nosuch`
      );
    });
    assert.deepEqual(
      world.events.map(({ kind }) => kind),
      ['notice', 'image-started'],
    );
    const all = world.push(target.reference('nosuch'), { allTags: true });
    await assert.rejects(all, (e) => hasCode(e, 'NOT_FOUND'));
    assert.equal(target.requests.length, 0);
  });

  test('of several names all have to be there before the first is pushed', async () => {
    const origin = await world.registry({ images: { 'app:1': helloImage('amd64') } });
    const target = await world.registry();
    const [here, absent] = [target.reference('here:1'), target.reference('absent:1')];
    await world.copy(origin.reference('app:1'), `store:${here}`);
    await assert.rejects(world.push([here, absent]), (e) => {
      return (
        hasCode(e, 'NOT_FOUND') && e.hint === `to push one image under another name: dray copy store:${here} ${absent}`
      );
    });
    assert.equal(target.requests.length, 0);
  });

  test('the store knows afterwards that the registry has it', async () => {
    const image = helloImage('amd64');
    const origin = await world.registry({ images: { 'app:1': image } });
    const target = await world.registry();
    const store = await world.store();
    const name = target.reference('own:1');
    await world.copy(origin.reference('app:1'), `store:${name}`);
    await store.remember({ name, root: image.root, manifests: [image.root], source: '' });
    await world.push(name);
    assert.equal((await store.reference(name))?.source, target.url);
  });

  test('names are looked at before anything is asked', async () => {
    const target = await world.registry();
    const name = target.reference('app');
    await assert.rejects(world.push([name, 'UPPER/']), (e) => hasCode(e, 'INVALID_REFERENCE'));
    await assert.rejects(world.push(`${name}@sha256:${'a'.repeat(64)}`), (e) => hasCode(e, 'INVALID_REFERENCE'));
    await assert.rejects(world.push(`${name}:1`, { allTags: true }), (e) => hasCode(e, 'INVALID_OPTION'));
    await assert.rejects(world.push(name, { allTags: true, from: 'x.tar' }), (e) => hasCode(e, 'INVALID_OPTION'));
    assert.equal(target.requests.length, 0);
  });

  test('an upload that is cut goes on; a name changes only when all is there', async () => {
    const image = buildImage({ layers: [{ fill: 3000 * KiB, compression: 'none' }] });
    const origin = await world.registry({ images: { 'app:1': image } });
    const target = await world.registry();
    await world.copy(origin.reference('app:1'), `store:${target.reference('app:1')}`);
    target.inject(
      status(500, { kind: 'upload', method: 'PATCH', times: 1 }),
      cutAfter(0, { kind: 'manifest', method: 'PUT', times: 1 }),
    );
    const [result] = await world.push(target.reference('app:1'));
    assert.equal((await world.readBack(target.reference('app:1'))).root.digest, result?.root.digest);
    const puts = target.requests.filter(({ method, kind }) => method === 'PUT' && kind === 'manifest');
    assert.ok(puts.length >= 1);
    target.inject(status(403, { kind: 'upload' }));
    await world.copy(origin.reference('app:1'), `store:${target.reference('denied:1')}`);
    const before = target.requests.length;
    const other = buildImage({ layers: [{ fill: 50, seed: 'x' }] });
    origin.add('other:1', other);
    await world.copy(origin.reference('other:1'), `store:${target.reference('denied:1')}`);
    await assert.rejects(world.push(target.reference('denied:1')), (e) => hasCode(e, 'DENIED'));
    assert.ok(target.requests.slice(before).every(({ kind, method }) => kind !== 'manifest' || method !== 'PUT'));
  });

  test('what a disk has damaged is found when the registry refuses it', async () => {
    const image = buildImage({ layers: [{ fill: 50 * KiB, compression: 'none' }] });
    const origin = await world.registry({ images: { 'app:1': image } });
    const target = await world.registry();
    await world.copy(origin.reference('app:1'), `store:${target.reference('app:1')}`);
    const store = await world.store();
    const layer = image.layers[0];
    assert.ok(layer !== undefined);
    const descriptor = { mediaType: 'x', digest: layer.digest, size: layer.bytes.length };
    const file = store.blobFile(descriptor);
    assert.ok(file !== undefined);
    chmodSync(file, 0o600);
    writeFileSync(file, Buffer.from(layer.bytes).fill(7, 100, 200));
    await assert.rejects(world.push(target.reference('app:1')), (e) => {
      return hasCode(e, 'DIGEST_MISMATCH') && /the store held damaged bytes/.test(e.message);
    });
    assert.equal(await store.has(descriptor), false);
  });

  for (const kind of ['oci', 'oci-archive'] as const) {
    test(`damaged bytes in ${kind} are found when the registry refuses them, and nothing is named`, async () => {
      const image = buildImage({ layers: [{ fill: 50 * KiB, compression: 'none' }] });
      const origin = await world.registry({ images: { 'app:1': image } });
      const target = await world.registry();
      const path = world.path(kind);
      await world.copy(origin.reference('app:1'), `${kind}:${path}:1`);
      const [layer] = image.layers;
      assert.ok(layer !== undefined);
      const file = kind === 'oci' ? join(path, 'blobs', ...layer.digest.split(':')) : path;
      const bytes = readFileSync(file);
      const at = bytes.indexOf(layer.bytes);
      assert.ok(at >= 0);
      bytes.fill(7, at + 20_000, at + 20_100);
      writeFileSync(file, bytes);
      const into = target.reference('app:1');
      // As it is: only a push compresses.
      await assert.rejects(world.copy(`${kind}:${path}:1`, into), (e) => {
        return hasCode(e, 'DIGEST_MISMATCH') && e.message.startsWith(`the bytes of ${layer.digest} have the digest`);
      });
      assert.ok(target.requests.every(({ kind: asked, method }) => asked !== 'manifest' || method !== 'PUT'));
    });
  }

  test('cancel ends it, and names nothing', async () => {
    const image = buildImage({ layers: [{ fill: 3000 * KiB, compression: 'none' }] });
    const origin = await world.registry({ images: { 'app:1': image } });
    const target = await world.registry();
    await world.copy(origin.reference('app:1'), `store:${target.reference('app:1')}`);
    const controller = new AbortController();
    const onEvent = (event: ProgressEvent): void => {
      if (event.kind === 'blob' && event.role === 'layer' && event.state === 'started') controller.abort();
    };
    const pushing = world.push(target.reference('app:1'), { signal: controller.signal, onEvent });
    await assert.rejects(pushing, (e) => hasCode(e, 'CANCELLED'));
    assert.ok(target.requests.every(({ kind, method }) => kind !== 'manifest' || method !== 'PUT'));
  });
});
