import assert from 'node:assert/strict';
import { bytesOf } from '#bytes';
import type { Resolver, Store, Tagger } from '#content';
import { type Content, contentOf } from './content.ts';
import { holds, rejects } from './expect.ts';
import type { OpenStore, StoreTest } from './store.ts';

const MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const FIRST = manifestLike(contentOf(300, 21));
const SECOND = manifestLike(contentOf(400, 22));
const NAME = 'docker.io/library/app:1';

export function nameCases(test: StoreTest): void {
  test('gives a root a name, and finds it by it', async (place) => {
    const store = await withRoots(place);
    await store.tag(NAME, FIRST.descriptor);
    assert.deepEqual(await store.resolve(NAME), FIRST.descriptor);
  });
  test('moves a name to another root, and keeps the first one', async (place) => {
    const store = await withRoots(place);
    await store.tag(NAME, FIRST.descriptor);
    await store.tag(NAME, SECOND.descriptor);
    assert.deepEqual(await store.resolve(NAME), SECOND.descriptor);
    await holds(store, FIRST);
  });
  test('keeps names apart', async (place) => {
    const store = await withRoots(place);
    await store.tag(NAME, FIRST.descriptor);
    await store.tag(`${NAME}0`, SECOND.descriptor);
    await store.tag('DOCKER.io/library/app:1', SECOND.descriptor);
    assert.deepEqual(await store.resolve(NAME), FIRST.descriptor);
    assert.deepEqual(await store.resolve(`${NAME}0`), SECOND.descriptor);
  });
  test('says that a name is unknown', async (place) => {
    const store = await withRoots(place);
    await rejects(store.resolve(NAME), 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN');
  });
  test('gives no name to a root that is not there', async (place) => {
    const store = await withRoots(place);
    const absent = { ...contentOf(50, 23).descriptor, mediaType: MEDIA_TYPE };
    await rejects(store.tag(NAME, absent), 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN');
    await rejects(store.resolve(NAME), 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN');
  });
}

function manifestLike(content: Content): Content {
  return { ...content, descriptor: { ...content.descriptor, mediaType: MEDIA_TYPE } };
}

async function withRoots({ store }: OpenStore): Promise<Store & Resolver & Tagger> {
  for (const { descriptor, bytes } of [FIRST, SECOND]) await store.put(descriptor, bytesOf(bytes));
  if (store.tag === undefined || store.resolve === undefined) assert.fail('the place knows no names');
  return store as Store & Resolver & Tagger;
}
