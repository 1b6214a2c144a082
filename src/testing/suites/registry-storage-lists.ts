import assert from 'node:assert/strict';
import type { Page, PageOptions } from '#serve';
import { rejects } from './expect.ts';
import type { RegistryStorageTest } from './registry-storage.ts';
import { emptyImage, REPOSITORY } from './registry-storage-content.ts';

const IMAGE = emptyImage('listed');
/** In the order in which they are to be listed: by their bytes, `-` and `.` before `/`, `/` before digits, capitals before small letters. */
const TAGS = ['0', '1.0', '1.0-a', '1.10', '1_0', 'A', 'Z.z', '_x', 'a', 'a-b', 'a.b', 'a0', 'latest', 'z'];
const NAMES = [
  'a',
  'a-b',
  'a-b/c',
  'a.b',
  'a/b',
  'a/b-c',
  'a/b-c/d',
  'a/b/c',
  'a/c',
  'a0',
  'a0/b',
  'a_b',
  'library/x',
  'z/y/x/w',
];

export function listCases(test: RegistryStorageTest): void {
  test('lists the tags of a repository, sorted, in pages', async ({ storage }) => {
    assert.equal(await storage.tags(REPOSITORY), undefined);
    for (const tag of TAGS.toReversed()) await storage.putManifest(REPOSITORY, IMAGE, [tag]);
    await checkPages(TAGS, async (options) => (await storage.tags(REPOSITORY, options)) ?? { names: [], more: true });
    await rejects(storage.tags(REPOSITORY, { signal: AbortSignal.abort() }), 'CANCELLED');
  });
  test('lists repositories, sorted, in pages', async ({ storage }) => {
    assert.deepEqual(await storage.repositories(), { names: [], more: false });
    for (const name of NAMES.toReversed()) await storage.putManifest(name, IMAGE, []);
    await checkPages(NAMES, (options) => storage.repositories(options));
    await rejects(storage.repositories({ signal: AbortSignal.abort() }), 'CANCELLED');
  });
  test('shows each new tag and each new repository at once', async ({ storage }) => {
    const names = Array.from({ length: 30 }, (_, index) => `n${String(index).padStart(2, '0')}`);
    for (const [index, name] of names.entries()) {
      await storage.putManifest(REPOSITORY, IMAGE, [name]);
      assert.deepEqual((await storage.tags(REPOSITORY))?.names, names.slice(0, index + 1));
      await storage.putManifest(`${REPOSITORY}/${name}`, IMAGE, []);
      assert.equal((await storage.repositories()).names.length, index + 2);
    }
    for (const [index, name] of names.entries()) {
      await storage.removeTag(REPOSITORY, name);
      assert.deepEqual((await storage.tags(REPOSITORY))?.names, names.slice(index + 1));
      await storage.removeRepository(`${REPOSITORY}/${name}`);
      assert.equal((await storage.repositories()).names.length, names.length - index);
    }
  });
}

async function checkPages(all: readonly string[], list: (options: PageOptions) => Promise<Page>): Promise<void> {
  assert.deepEqual(await list({}), { names: all, more: false });
  for (const limit of [0, 1, 3, all.length - 1, all.length, 1000]) {
    assert.deepEqual(await list({ limit }), { names: all.slice(0, limit), more: limit < all.length }, `limit ${limit}`);
  }
  for (const after of ['', '!', ...all, 'a.a', 'a/', 'a/b-', 'b', 'zzz']) {
    const rest = all.filter((name) => name > after);
    assert.deepEqual(await list({ after }), { names: rest, more: false }, `after ${after}`);
    assert.deepEqual(
      await list({ after, limit: 2 }),
      { names: rest.slice(0, 2), more: rest.length > 2 },
      `2 after ${after}`,
    );
  }
}
