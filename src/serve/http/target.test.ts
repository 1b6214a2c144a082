import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTarget } from './target.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

/** Path; kind, repository, reference, prefix. */
type Row = readonly [path: string, kind: string, ...expected: readonly (string | undefined)[]];

const PATHS: readonly Row[] = [
  ['/v2/', 'base'],
  ['/v2', 'base'],
  ['/v2/_catalog', 'catalog'],
  ['/v2/hello/tags/list', 'tags', 'hello'],
  ['/v2/a/b/c/tags/list', 'tags', 'a/b/c'],
  ['/v2/hello/manifests/latest', 'manifest', 'hello', 'latest'],
  [`/v2/a/b/manifests/${DIGEST}`, 'manifest', 'a/b', DIGEST],
  [`/v2/a/manifests/${DIGEST.replace(':', '%3A')}`, 'manifest', 'a', DIGEST],
  ['/v2/a/manifests/%zz', 'manifest', 'a', '%zz'],
  [`/v2/a/blobs/${DIGEST}`, 'blob', 'a', DIGEST],
  [`/v2/a/referrers/${DIGEST}`, 'referrers', 'a', DIGEST],
  ['/v2/a/blobs/uploads/', 'uploads', 'a'],
  ['/v2/a/blobs/uploads', 'uploads', 'a'],
  ['/v2/a/blobs/uploads/some-id', 'upload', 'a', 'some-id'],
  // repositories may be called like parts of the protocol
  ['/v2/manifests/manifests/manifests', 'manifest', 'manifests', 'manifests'],
  ['/v2/tags/list/tags/list', 'tags', 'tags/list'],
  ['/v2/v2/manifests/v2', 'manifest', 'v2', 'v2'],
  ['/v2/blobs/uploads/manifests/x', 'manifest', 'blobs/uploads', 'x'],
  ['/v2/a/blobs/uploads/blobs/uploads/', 'uploads', 'a/blobs/uploads'],
  // what stands before
  ['/link/to/docker/registry/v2/centos/manifests/1.1.1', 'manifest', 'centos', '1.1.1', '/link/to/docker/registry'],
  ['/proxy/v2/', 'base', undefined, undefined, '/proxy'],
  ['/proxy/v2', 'base', undefined, undefined, '/proxy'],
  ['/v2/x/v2/manifests/y', 'manifest', 'x/v2', 'y'],
  ['/../v2/a/manifests/x', 'other'],
  ['//v2/a/manifests/x', 'other'],
  ['/%2e%2e/v2/a/manifests/x', 'other'],
  // nothing
  ['/', 'other'],
  ['', 'other'],
  ['/v1/search', 'other'],
  ['/v2x/', 'other'],
  ['/v20/_catalog', 'other'],
  ['/v2/hello', 'other'],
  ['/v2/manifests/latest', 'other'],
  ['/v2/hello/manifests/', 'other'],
  ['/v2/hello/unknown/x', 'other'],
  ['/v2//manifests/x', 'other'],
  // what every object has
  ['/v2/hello/toString/x', 'other'],
  ['/v2/hello/constructor/x', 'other'],
  ['/v2/hello/__proto__/x', 'other'],
];

test('a path is read as the one route that it can be', () => {
  for (const [path, kind, repository, reference, prefix] of PATHS) {
    const target = readTarget(path);
    assert.equal(target.kind, kind, path);
    if (kind === 'other') continue;
    assert.equal(target.repository, repository, path);
    assert.equal('reference' in target ? target.reference : undefined, reference, path);
    assert.equal(target.prefix, prefix ?? '', path);
  }
});

test('with a prefix of its own a registry answers below it alone', () => {
  assert.equal(readTarget('/docker/v2/', '/docker').kind, 'base');
  assert.equal(readTarget('/docker/v2/a/manifests/x', '/docker').prefix, '/docker');
  assert.equal(readTarget('/v2/', '/docker').kind, 'other');
  assert.equal(readTarget('/other/v2/', '/docker').kind, 'other');
  assert.equal(readTarget('/other/v2/', '').kind, 'other');
});

test('a long path takes no long time', () => {
  const path = `/v2/${'a/'.repeat(100_000)}manifests/${'%41'.repeat(10_000)}`;
  assert.equal(readTarget(path).kind, 'manifest');
});
