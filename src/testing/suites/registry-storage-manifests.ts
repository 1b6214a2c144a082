import assert from 'node:assert/strict';
import { digestOf, OCI_INDEX, OCI_MANIFEST, SCHEMA1_MANIFEST, SCHEMA1_SIGNED_MANIFEST } from '#oci';
import type { StoredManifest } from '#serve';
import { rejects } from './expect.ts';
import type { RegistryStorageTest } from './registry-storage.ts';
import { emptyImage, indexOf, manifestOf, OTHER, REPOSITORY, sameManifest } from './registry-storage-content.ts';

const ONE = emptyImage('one');
const TWO = emptyImage('two');

/** A document that does not say what it is. */
function untyped(document: object, mediaType: string): StoredManifest {
  const bytes = Buffer.from(JSON.stringify(document));
  return { digest: digestOf(bytes), mediaType, bytes };
}

export function manifestCases(test: RegistryStorageTest): void {
  test('keeps a manifest, by its digest alone', async ({ storage }) => {
    assert.equal(await storage.manifest(REPOSITORY, ONE.digest), undefined);
    await storage.putManifest(REPOSITORY, ONE, []);
    sameManifest(await storage.manifest(REPOSITORY, ONE.digest), ONE);
    assert.deepEqual(await storage.tags(REPOSITORY), { names: [], more: false });
    assert.equal(await storage.manifest(OTHER, ONE.digest), undefined);
    await rejects(storage.manifest(REPOSITORY, ONE.digest, { signal: AbortSignal.abort() }), 'CANCELLED');
  });
  test('keeps a manifest with tags, and moves them', async ({ storage }) => {
    await storage.putManifest(REPOSITORY, ONE, ['1', 'latest', 'L_a.t-e']);
    for (const tag of ['1', 'latest', 'L_a.t-e']) sameManifest(await storage.tagged(REPOSITORY, tag), ONE);
    await storage.putManifest(REPOSITORY, TWO, ['latest']);
    sameManifest(await storage.tagged(REPOSITORY, 'latest'), TWO);
    sameManifest(await storage.tagged(REPOSITORY, '1'), ONE);
    await storage.putManifest(REPOSITORY, ONE, ['latest']);
    sameManifest(await storage.tagged(REPOSITORY, 'latest'), ONE);
    sameManifest(await storage.manifest(REPOSITORY, TWO.digest), TWO);
    assert.equal(await storage.tagged(REPOSITORY, 'other'), undefined);
    assert.equal(await storage.tagged(OTHER, 'latest'), undefined);
  });
  test('shows each change of a tag at once, however fast they come', async ({ storage }) => {
    for (let turn = 0; turn < 40; turn += 1) {
      const manifest = turn % 2 === 0 ? ONE : TWO;
      await storage.putManifest(REPOSITORY, manifest, ['latest']);
      sameManifest(await storage.tagged(REPOSITORY, 'latest'), manifest);
    }
  });
  test('keeps one of many manifests that are given the same tag at once', async ({ storage }) => {
    const many = Array.from({ length: 30 }, (_, index) => emptyImage(`many ${index}`));
    await Promise.all(many.map((manifest) => storage.putManifest(REPOSITORY, manifest, ['latest'])));
    const found = await storage.tagged(REPOSITORY, 'latest');
    assert.ok(many.some(({ digest }) => digest === found?.digest));
    for (const manifest of many) sameManifest(await storage.manifest(REPOSITORY, manifest.digest), manifest);
    assert.deepEqual((await storage.tags(REPOSITORY))?.names, ['latest']);
  });
  test('gives the same object for as long as nothing changes', async ({ storage }) => {
    await storage.putManifest(REPOSITORY, ONE, ['a', 'b']);
    const found = await storage.tagged(REPOSITORY, 'a');
    assert.ok(found !== undefined);
    assert.equal(await storage.tagged(REPOSITORY, 'a'), found);
    assert.equal(await storage.tagged(REPOSITORY, 'b'), found);
    assert.equal(await storage.manifest(REPOSITORY, ONE.digest), found);
  });
  test('keeps its own copy of the bytes', async ({ storage }) => {
    const bytes = new Uint8Array(ONE.bytes);
    await storage.putManifest(REPOSITORY, { ...ONE, bytes }, []);
    bytes.fill(0);
    sameManifest(await storage.manifest(REPOSITORY, ONE.digest), ONE);
  });
  mediaTypes(test);
}

function mediaTypes(test: RegistryStorageTest): void {
  const documents: readonly (readonly [string, StoredManifest])[] = [
    ['an index', indexOf([ONE])],
    ['an OCI manifest that does not say so', untyped({ schemaVersion: 2, config: {}, layers: [] }, OCI_MANIFEST)],
    ['an OCI index that does not say so', untyped({ schemaVersion: 2, manifests: [] }, OCI_INDEX)],
    ['schema1', untyped({ schemaVersion: 1, fsLayers: [] }, SCHEMA1_MANIFEST)],
    ['signed schema1', untyped({ schemaVersion: 1, fsLayers: [], signatures: [] }, SCHEMA1_SIGNED_MANIFEST)],
    ['a type of its own', manifestOf({}, 'application/vnd.example.thing+json')],
    ['another type than it says', { ...ONE, mediaType: 'application/vnd.example.other+json' }],
    ['no JSON', { digest: digestOf('text'), mediaType: 'application/x-text', bytes: Buffer.from('text') }],
    ['no object', { digest: digestOf('[1]'), mediaType: OCI_MANIFEST, bytes: Buffer.from('[1]') }],
  ];
  for (const [what, manifest] of documents) {
    test(`keeps the media type of ${what}`, async ({ storage, second }) => {
      await storage.putManifest(REPOSITORY, manifest, ['x']);
      for (const each of [storage, second?.() ?? storage]) {
        sameManifest(await each.manifest(REPOSITORY, manifest.digest), manifest);
        sameManifest(await each.tagged(REPOSITORY, 'x'), manifest);
      }
    });
  }
  test('takes the last media type that a manifest was pushed with, for all tags', async ({ storage }) => {
    const types = ['application/vnd.example.a+json', ONE.mediaType, 'application/vnd.example.b+json', ONE.mediaType];
    await storage.putManifest(REPOSITORY, ONE, ['old']);
    for (const mediaType of types) {
      await storage.putManifest(REPOSITORY, { ...ONE, mediaType }, ['new']);
      for (const tag of ['old', 'new']) assert.equal((await storage.tagged(REPOSITORY, tag))?.mediaType, mediaType);
      assert.equal((await storage.manifest(REPOSITORY, ONE.digest))?.mediaType, mediaType);
    }
  });
  test('keeps media types apart by repository', async ({ storage }) => {
    const other = { ...ONE, mediaType: 'application/vnd.example.a+json' };
    await storage.putManifest(REPOSITORY, ONE, []);
    await storage.putManifest(OTHER, other, []);
    sameManifest(await storage.manifest(REPOSITORY, ONE.digest), ONE);
    sameManifest(await storage.manifest(OTHER, ONE.digest), other);
  });
}
