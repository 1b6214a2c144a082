import assert from 'node:assert/strict';
import { digestOf } from '#oci';
import type { RegistryStorageTest } from './registry-storage.ts';
import { descriptorTo, emptyImage, indexOf, OTHER, REPOSITORY } from './registry-storage-content.ts';

const SUBJECT = emptyImage('subject');
const subject = descriptorTo(SUBJECT);

export function referrerCases(test: RegistryStorageTest): void {
  test('lists what refers to a manifest, with artifact type and annotations', async ({ storage }) => {
    const image = emptyImage('a', { subject });
    const artifact = emptyImage('b', {
      subject,
      artifactType: 'application/x.sbom',
      annotations: { a: '1', b: 'zwei' },
    });
    const index = indexOf([SUBJECT], { subject, artifactType: 'application/x.list' });
    const plainIndex = indexOf([], { subject });
    assert.deepEqual(await storage.referrers(REPOSITORY, SUBJECT.digest), []);
    for (const manifest of [image, artifact, index, plainIndex, emptyImage('none')]) {
      await storage.putManifest(REPOSITORY, manifest, []);
    }
    await storage.putManifest(REPOSITORY, SUBJECT, ['latest']);
    const expected = [
      { ...descriptorTo(image), artifactType: 'application/x' },
      { ...descriptorTo(artifact), artifactType: 'application/x.sbom', annotations: { a: '1', b: 'zwei' } },
      { ...descriptorTo(index), artifactType: 'application/x.list' },
      descriptorTo(plainIndex),
    ].toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    assert.deepEqual(await storage.referrers(REPOSITORY, SUBJECT.digest), expected);
    assert.deepEqual(await storage.referrers(REPOSITORY, image.digest), []);
    assert.deepEqual(await storage.referrers(OTHER, SUBJECT.digest), []);
  });
  test('lists what refers to a manifest that is not there', async ({ storage }) => {
    const image = emptyImage('a', { subject });
    await storage.putManifest(REPOSITORY, image, []);
    assert.deepEqual(
      (await storage.referrers(REPOSITORY, SUBJECT.digest)).map(({ digest }) => digest),
      [image.digest],
    );
  });
  test('shows each change of what refers to a manifest at once', async ({ storage }) => {
    const count = async (): Promise<number> => (await storage.referrers(REPOSITORY, SUBJECT.digest)).length;
    const many = Array.from({ length: 20 }, (_, index) => emptyImage(`m${index}`, { subject }));
    for (const [index, manifest] of many.entries()) {
      await storage.putManifest(REPOSITORY, manifest, []);
      assert.equal(await count(), index + 1);
    }
    for (const [index, manifest] of many.entries()) {
      await storage.removeManifest(REPOSITORY, manifest.digest);
      assert.equal(await count(), many.length - index - 1);
    }
    await storage.putManifest(REPOSITORY, many[0] ?? SUBJECT, []);
    assert.equal(await count(), 1);
    await storage.removeRepository(REPOSITORY);
    assert.equal(await count(), 0);
  });
  test('takes no odd content for a referrer', async ({ storage }) => {
    const odd = [
      '{"subject":',
      '[]',
      '{"subject":null}',
      '{"subject":{"digest":7}}',
      '{"subject":{"digest":"sha256:x"}}',
      '"subject"',
    ];
    for (const text of odd) {
      const manifest = { digest: digestOf(text), mediaType: 'application/x', bytes: Buffer.from(text) };
      await storage.putManifest(REPOSITORY, manifest, []);
    }
    assert.deepEqual(await storage.referrers(REPOSITORY, SUBJECT.digest), []);
    const mixed = emptyImage('x', { subject, artifactType: 5, annotations: { a: 'b', c: 7 } });
    await storage.putManifest(REPOSITORY, mixed, []);
    const expected = [{ ...descriptorTo(mixed), artifactType: 'application/x', annotations: { a: 'b' } }];
    assert.deepEqual(await storage.referrers(REPOSITORY, SUBJECT.digest), expected);
  });
}
