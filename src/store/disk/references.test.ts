import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import type { Descriptor } from '#oci';
import { contentOf, rejects } from '#testing';
import { systemClock } from '#timing';
import { type DiskStore, openDiskStore } from './disk-store.ts';

const INDEX: Descriptor = {
  ...contentOf(10, 1).descriptor,
  mediaType: 'application/vnd.oci.image.index.v1+json',
};
const [AMD, ARM] = ['amd64', 'arm64'].map(
  (architecture, n): Descriptor => ({
    ...contentOf(20, 2 + n).descriptor,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    platform: { os: 'linux', architecture },
  }),
) as [Descriptor, Descriptor];
const NAME = 'docker.io/library/app:1';

let root = '';
let store: DiskStore;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'dray-refs-'));
  store = await openDiskStore({ root, clock: { ...systemClock, now: () => Date.UTC(2026, 1, 3) } });
  for (const [size, seed] of [
    [10, 1],
    [20, 2],
    [20, 3],
  ] as const) {
    const { descriptor, bytes } = contentOf(size, seed);
    await store.put(descriptor, bytesOf(bytes));
  }
});
afterEach(() => rmSync(root, { recursive: true }));

describe('references in the store', () => {
  it('are remembered with all that belongs to them', async () => {
    const reference = { name: NAME, root: INDEX, manifests: [AMD], source: 'https://registry-1.docker.io' };
    await store.remember(reference);
    const stored = { ...reference, pulled: '2026-02-03T00:00:00.000Z' };
    assert.deepEqual(await store.reference(NAME), stored);
    assert.deepEqual(await (await openDiskStore({ root })).references(), [stored]);
  });

  it('gain platforms while the root stays the same', async () => {
    await store.remember({ name: NAME, root: INDEX, manifests: [AMD], source: 'https://a.example' });
    await store.remember({ name: NAME, root: INDEX, manifests: [ARM, AMD] });
    const reference = await store.reference(NAME);
    assert.deepEqual(reference?.manifests, [ARM, AMD]);
    assert.equal(reference?.source, 'https://a.example');
  });

  it('lose them with another root', async () => {
    await store.remember({ name: NAME, root: INDEX, manifests: [AMD, ARM], source: 'https://a.example' });
    await store.tag(NAME, ARM);
    const reference = await store.reference(NAME);
    assert.deepEqual(reference?.root, ARM);
    assert.deepEqual(reference?.manifests, [ARM]);
    assert.equal(reference?.source, '');
  });

  it('lose nothing when several write the same name at once', async () => {
    const stores = await Promise.all(
      Array.from({ length: 6 }, () => openDiskStore({ root, lockTimings: { poll: 2 }, sync: false })),
    );
    const manifests = stores.map((_, n): Descriptor => ({ ...contentOf(30, 10 + n).descriptor, mediaType: 'm' }));
    await Promise.all(
      stores.map((each, n) => each.remember({ name: NAME, root: INDEX, manifests: manifests.slice(n, n + 1) })),
    );
    const found = (await store.reference(NAME))?.manifests.map(({ digest }) => digest);
    assert.deepEqual(found?.toSorted(), manifests.map(({ digest }) => digest).toSorted());
  });

  it('can be removed; the content stays', async () => {
    await store.tag(NAME, INDEX);
    assert.equal(await store.removeReference(NAME), true);
    assert.equal(await store.removeReference(NAME), false);
    await rejects(store.resolve(NAME), 'MANIFEST_UNKNOWN');
    assert.equal(await store.has(INDEX), true);
  });

  it('may have any name', async () => {
    const names = ['a', '../../x', `localhost:5000/${'long/'.repeat(60)}x:y`, 'ä ö', 'x'.repeat(5000)];
    for (const name of names) await store.tag(name, INDEX);
    const found = (await store.references()).map(({ name }) => name ?? '');
    assert.deepEqual(found.toSorted(), names.toSorted());
    for (const name of names) assert.deepEqual(await store.resolve(name), INDEX);
  });

  it('are not there when their file is damaged, and can be written anew', async () => {
    await store.tag(NAME, INDEX);
    const [file = ''] = readdirSync(join(root, 'refs'));
    const good = { name: NAME, root: INDEX, manifests: [], source: '', pulled: '' };
    for (const bad of [
      '',
      'null',
      JSON.stringify({ ...good, name: 'other' }),
      JSON.stringify({ ...good, root: { ...INDEX, digest: 'sha256:../x' } }),
      JSON.stringify({ ...good, root: { ...INDEX, size: 1.5 } }),
      JSON.stringify({ ...good, manifests: [{}] }),
      JSON.stringify({ ...good, manifests: undefined }),
    ]) {
      writeFileSync(join(root, 'refs', file), bad);
      assert.equal(await store.reference(NAME), undefined, bad);
    }
    assert.deepEqual(await store.references(), []);
    await store.tag(NAME, AMD);
    assert.deepEqual(await store.resolve(NAME), AMD);
  });
});
