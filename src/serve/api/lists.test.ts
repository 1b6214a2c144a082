import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, OCI_INDEX } from '#oci';
import { pushBlob, type Served, served } from './served.test.fixture.ts';

const INDEX = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }));
const TAGS = ['1.0', '1.1', '10.0', '2.0', 'Latest', 'latest'];

async function withTags(registry: Served): Promise<void> {
  const manifest = { digest: digestOf(INDEX), mediaType: OCI_INDEX, bytes: INDEX };
  await registry.storage.putManifest('team/app', manifest, TAGS.toReversed());
}

/** Every page, by the links alone. */
async function walk(registry: Served, first: string, key: 'tags' | 'repositories'): Promise<string[][]> {
  const pages: string[][] = [];
  for (let path: string | undefined = first; path !== undefined; ) {
    const { status, headers, body } = await registry.ask('GET', path);
    assert.equal(status, 200, path);
    pages.push((JSON.parse(body.toString()) as Record<typeof key, string[]>)[key]);
    path = /^<(.+)>; rel="next"$/.exec(String(headers['link']))?.[1];
  }
  return pages;
}

test('tags are sorted, and paged as asked', async (t) => {
  const registry = await served(t);
  await withTags(registry);
  const path = '/v2/team/app/tags/list';
  assert.deepEqual(await walk(registry, path, 'tags'), [TAGS]);
  assert.deepEqual(await walk(registry, `${path}?n=4`, 'tags'), [TAGS.slice(0, 4), TAGS.slice(4)]);
  assert.deepEqual(await walk(registry, `${path}?n=6`, 'tags'), [TAGS]);
  assert.deepEqual(await walk(registry, `${path}?last=10.0`, 'tags'), [TAGS.slice(3)]);
  assert.deepEqual(await walk(registry, `${path}?last=1.0.0&n=2`, 'tags'), [
    TAGS.slice(1, 3),
    TAGS.slice(3, 5),
    TAGS.slice(5),
  ]);
  assert.deepEqual(await walk(registry, `${path}?last=zzz`, 'tags'), [[]]);
  assert.deepEqual(await walk(registry, `${path}?n=0`, 'tags'), [[]]);
  for (const n of ['-1', 'x', '1.5', '1e3', '']) {
    const { status, codes } = await registry.ask('GET', `${path}?n=${n}`);
    assert.deepEqual([status, codes], [400, ['PAGINATION_NUMBER_INVALID']], n);
  }
  const unknown = await registry.ask('GET', '/v2/nobody/tags/list');
  assert.deepEqual([unknown.status, unknown.codes], [404, ['NAME_UNKNOWN']]);
});

test('a repository of blobs alone has no tags', async (t) => {
  const registry = await served(t);
  await pushBlob(registry, 'blobs', Buffer.from('x'));
  assert.deepEqual(await walk(registry, '/v2/blobs/tags/list', 'tags'), [[]]);
});

test('the catalog has what may be pulled, and pages of it are full', async (t) => {
  const registry = await served(t, {
    access: { admit: () => ({ actor: { name: 'me', may: (repository) => !repository.startsWith('b') } }) },
  });
  for (const name of ['a', 'b/1', 'b/2', 'c', 'd']) await pushBlob(registry, name, Buffer.from(name));
  assert.deepEqual(await walk(registry, '/v2/_catalog', 'repositories'), [['a', 'c', 'd']]);
  assert.deepEqual(await walk(registry, '/v2/_catalog?n=2', 'repositories'), [['a', 'c'], ['d']]);
  assert.deepEqual(await walk(registry, '/v2/_catalog?n=3', 'repositories'), [['a', 'c', 'd']]);
  assert.deepEqual(await walk(registry, '/v2/_catalog?n=0', 'repositories'), [[]]);
  assert.equal((await registry.ask('GET', '/v2/_catalog?n=99999999999999999999')).status, 400);
});

test('the front door, and what is not there', async (t) => {
  const registry = await served(t);
  const front = await registry.ask('GET', '/v2/');
  assert.deepEqual(
    [front.status, front.body.toString(), front.headers['content-type']],
    [200, '{}', 'application/json'],
  );
  assert.equal((await registry.ask('POST', '/v2/')).status, 405);
  for (const [path, status, code] of [
    ['/', 404, 'NOT_FOUND'],
    ['/v2/UPPER/tags/list', 400, 'NAME_INVALID'],
    ['/v2/..%2f..%2fetc/tags/list', 400, 'NAME_INVALID'],
    [`/v2/${'a'.repeat(256)}/tags/list`, 400, 'NAME_INVALID'],
    ['/v2/a/_layers/tags/list', 400, 'NAME_INVALID'],
  ] as const) {
    const answer = await registry.ask('GET', path);
    assert.deepEqual([answer.status, answer.codes], [status, [code]], path);
  }
  const wrong = await registry.ask('PROPFIND', '/v2/a/tags/list');
  assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, HEAD']);
});
