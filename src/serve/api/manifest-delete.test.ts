import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helloImage, helloIndex } from '#testing';
import { ApiError } from '../http/api-error.ts';
import { createMemoryStorage } from '../storage/memory/memory-storage.ts';
import { pushGraph } from './push-graph.test.fixture.ts';
import { type Answer, type Served, served } from './served.test.fixture.ts';

const image = helloImage('amd64');
const index = helloIndex();

function remove(registry: Served, reference: string, repository = 'app'): Promise<Answer> {
  return registry.ask('DELETE', `/v2/${repository}/manifests/${reference}`);
}

async function isThere(registry: Served, reference: string): Promise<boolean> {
  const { status } = await registry.ask('HEAD', `/v2/app/manifests/${reference}`);
  assert.ok(status === 200 || status === 404);
  return status === 200;
}

test('a tag goes alone', async (t) => {
  const registry = await served(t);
  for (const tag of ['a', 'b']) await pushGraph(registry, 'app', image, tag);
  const { status, body } = await remove(registry, 'a');
  assert.deepEqual([status, body.length], [202, 0]);
  assert.deepEqual(await Promise.all(['a', 'b', image.root.digest].map((each) => isThere(registry, each))), [
    false,
    true,
    true,
  ]);
  assert.deepEqual(
    [(await remove(registry, 'a')).status, (await remove(registry, 'a')).codes],
    [404, ['MANIFEST_UNKNOWN']],
  );
});

test('a manifest goes with its tags, and with nothing else', async (t) => {
  const registry = await served(t);
  for (const tag of ['a', 'b']) await pushGraph(registry, 'app', image, tag);
  await pushGraph(registry, 'app', index, 'multi');
  assert.equal((await remove(registry, index.root.digest)).status, 202);
  assert.equal(await isThere(registry, 'multi'), false);
  assert.equal(await isThere(registry, image.root.digest), true, 'what an index lists stays');
  assert.equal((await remove(registry, image.root.digest)).status, 202);
  assert.deepEqual((await registry.storage.tags('app'))?.names, []);
  const again = await remove(registry, image.root.digest);
  assert.deepEqual([again.status, again.codes], [404, ['MANIFEST_UNKNOWN']]);
});

test('a tag whose manifest is gone can be deleted', async (t) => {
  const storage = createMemoryStorage();
  const tagged = storage.tagged.bind(storage);
  storage.tagged = async (repository, tag) => (tag === 'a' ? undefined : tagged(repository, tag));
  const registry = await served(t, { storage });
  await pushGraph(registry, 'app', image, 'a');
  assert.equal((await remove(registry, 'a')).status, 202);
  assert.deepEqual((await storage.tags('app'))?.names, []);
  assert.equal((await remove(registry, 'a')).status, 404);
});

test('what cannot be deleted', async (t) => {
  const registry = await served(t);
  await pushGraph(registry, 'app', image, 'a');
  const rows: readonly (readonly [reference: string, repository: string, status: number, code: string])[] = [
    ['nothing', 'app', 404, 'MANIFEST_UNKNOWN'],
    [`sha256:${'0'.repeat(64)}`, 'app', 404, 'MANIFEST_UNKNOWN'],
    ['a', 'nobody', 404, 'NAME_UNKNOWN'],
    ['sha256:short', 'app', 400, 'DIGEST_INVALID'],
    ['-a', 'app', 400, 'TAG_INVALID'],
  ];
  for (const [reference, repository, status, code] of rows) {
    const answer = await remove(registry, reference, repository);
    assert.deepEqual([answer.status, answer.codes], [status, [code]], reference);
  }
});

test('with deletes switched off neither tags nor manifests go', async (t) => {
  const registry = await served(t, { deletes: false });
  await pushGraph(registry, 'app', image, 'a');
  for (const reference of ['a', image.root.digest, 'nothing']) {
    const { status, codes } = await remove(registry, reference);
    assert.deepEqual([status, codes], [405, ['UNSUPPORTED']], reference);
  }
  assert.equal(await isThere(registry, 'a'), true);
});

test('policies are asked for the manifest and for every tag that would go', async (t) => {
  const asked: unknown[] = [];
  let fixed = 'none';
  const registry = await served(t, {
    policies: [
      {
        allowDelete: (_, digest) => void asked.push(digest),
        allowTag: (_, tag, { from, to }) => {
          if (from === undefined) return;
          asked.push([tag, from, to]);
          if (tag === fixed) throw new ApiError(409, { code: 'DENIED', message: 'it is fixed' });
        },
      },
    ],
  });
  const { digest } = image.root;
  for (const tag of ['a', 'b']) await pushGraph(registry, 'app', image, tag);
  await pushGraph(registry, 'app', index, 'other');
  fixed = 'b';
  assert.equal((await remove(registry, digest)).status, 409);
  assert.equal(await isThere(registry, 'a'), true);
  assert.deepEqual(asked, [digest, ['a', digest, undefined], ['b', digest, undefined]]);
  assert.equal((await remove(registry, 'b')).status, 409);
  assert.equal((await remove(registry, 'a')).status, 202);
  fixed = 'none';
  assert.equal((await remove(registry, digest)).status, 202);
});

test('deletes are told', async (t) => {
  const told: unknown[] = [];
  const registry = await served(t, {
    observers: [
      { happened: ({ action, kind, digest, tag }) => void (action === 'delete' && told.push([kind, digest, tag])) },
    ],
  });
  const { digest } = image.root;
  for (const tag of ['a', 'b']) await pushGraph(registry, 'app', image, tag);
  await remove(registry, 'a');
  await remove(registry, digest);
  await remove(registry, digest);
  assert.deepEqual(told, [
    ['tag', undefined, 'a'],
    ['manifest', digest, undefined],
    ['tag', undefined, 'b'],
  ]);
});
