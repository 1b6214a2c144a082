import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, OCI_MANIFEST } from '#oci';
import { buildImage, helloImage } from '#testing';
import { ApiError } from '../http/api-error.ts';
import { immutableTags } from '../operate/immutable-tags.ts';
import { pushBlobs, pushGraph, pushManifest, putDocument, tagOf } from './push-graph.test.fixture.ts';
import { served } from './served.test.fixture.ts';

const image = helloImage('amd64');
const other = buildImage({ layers: [{ files: [{ name: 'other', content: 'other' }] }] });
const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json';
const THING = 'application/vnd.example.thing.v1+json';

test('a tag that is there moves only for those who may, and only where the policy lets it', async (t) => {
  let mayOverwrite = true;
  const asked: unknown[] = [];
  const registry = await served(t, {
    access: { admit: () => ({ actor: { name: 'me', may: (_, action) => mayOverwrite || action !== 'overwrite' } }) },
    policies: [
      {
        allowTag: (_, tag, { from, to }) => {
          asked.push([tag, from, to]);
          if (tag === 'fixed' && from !== undefined)
            throw new ApiError(409, { code: 'DENIED', message: 'it is fixed' });
        },
      },
    ],
  });
  await pushGraph(registry, 'app', image, 'a');
  await pushGraph(registry, 'app', image, 'fixed');
  await pushBlobs(registry, 'app', other);
  asked.length = 0;
  assert.equal((await pushManifest(registry, 'app', image, { to: 'a' })).status, 201);
  assert.deepEqual(asked, [], 'the same again is no change');
  mayOverwrite = false;
  const refused = await pushManifest(registry, 'app', other, { to: 'a' });
  assert.deepEqual([refused.status, refused.codes], [403, ['DENIED']]);
  assert.equal((await pushManifest(registry, 'app', other, { to: 'b' })).status, 201, 'a new one');
  assert.equal((await pushManifest(registry, 'app', image, { to: 'a' })).status, 201, 'the same');
  const untyped = JSON.stringify({ schemaVersion: 2, config: image.config, layers: [] });
  assert.equal((await putDocument(registry, 'c', untyped, OCI_MANIFEST)).status, 201);
  assert.equal((await putDocument(registry, 'd', untyped, OCI_MANIFEST)).status, 201);
  assert.deepEqual((await putDocument(registry, 'e', untyped, DOCKER)).codes, ['DENIED'], 'as another type');
  mayOverwrite = true;
  assert.equal((await putDocument(registry, 'e', untyped, DOCKER)).status, 201);
  const both = `${other.root.digest}?tag=a&tag=fixed`;
  assert.equal((await pushManifest(registry, 'app', other, { to: both })).status, 409);
  assert.equal(await tagOf(registry, 'a'), image.root.digest, 'none of them moves');
  assert.equal((await pushManifest(registry, 'app', other, { to: 'a' })).status, 201);
  assert.deepEqual(asked.at(-1), ['a', image.root.digest, other.root.digest]);
});

test('of many who make a tag at once one does, where it must not be moved', async (t) => {
  const rivals = Array.from({ length: 8 }, (_, at) => JSON.stringify({ mediaType: THING, at }));
  // Others come while somebody is being asked.
  const slow = { allowTag: async () => new Promise<void>((resolve) => void setTimeout(resolve, 5)) };
  const free = await served(t, { policies: [slow] });
  const create = await served(t, {
    policies: [slow],
    access: { admit: () => ({ actor: { name: 'me', may: (_, action) => action !== 'overwrite' } }) },
  });
  const immutable = await served(t, { policies: [slow, immutableTags([{}])] });
  for (const [registry, most] of [
    [free, rivals.length],
    [create, 1],
    [immutable, 1],
  ] as const) {
    const answers = await Promise.all(
      rivals.map((body) =>
        registry.ask('PUT', `/v2/app/manifests/${digestOf(body)}?tag=b&tag=a`, {
          body,
          headers: { 'content-type': THING },
        }),
      ),
    );
    const made = answers.flatMap(({ status }, at) => (status === 201 ? [digestOf(rivals[at] ?? '')] : []));
    assert.equal(made.length, most);
    if (most === 1) assert.deepEqual([await tagOf(registry, 'a'), await tagOf(registry, 'b')], [made[0], made[0]]);
  }
});

test('a policy that allows no writes, or no more bytes', async (t) => {
  const full = new ApiError(403, { code: 'DENIED', message: 'no' });
  const bytes: unknown[] = [];
  let allowWrite = (): void => {};
  const registry = await served(t, {
    policies: [
      {
        allowWrite: () => allowWrite(),
        allowBytes: (_, count) => {
          bytes.push(count);
          if (count > 600) throw full;
        },
      },
    ],
  });
  await pushBlobs(registry, 'app', image);
  assert.equal((await pushManifest(registry, 'app', image)).status, 201);
  assert.equal((await pushManifest(registry, 'app', image, { to: 'x' })).status, 201);
  assert.deepEqual(bytes, [image.root.size], 'what is there needs no room');
  assert.equal((await putDocument(registry, 'big', { mediaType: THING, text: 'x'.repeat(600) })).status, 403);
  allowWrite = () => {
    throw full;
  };
  assert.equal((await pushManifest(registry, 'app', image)).status, 403);
});

test('rights are to the repository that is meant', async (t) => {
  const asked = new Set<string>();
  const may = (repository: string): boolean => asked.add(repository).size > 0;
  const registry = await served(t, {
    access: { admit: () => ({ actor: { name: 'me', may } }) },
    repositoryFor: (name) => `cache/${name}`,
  });
  await pushBlobs(registry, 'cache/app', image);
  await pushBlobs(registry, 'cache/app', other);
  for (const graph of [image, other]) {
    const { status, headers } = await pushManifest(registry, 'app', graph, { to: 'a' });
    assert.deepEqual([status, headers['location']], [201, `/v2/app/manifests/${graph.root.digest}`]);
  }
  assert.deepEqual([...asked], ['cache/app']);
});
