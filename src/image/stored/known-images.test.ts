import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Digest, OCI_MANIFEST } from '#oci';
import { buildImage, digestOf } from '#testing';
import type { KeptImage } from './kept-image.ts';
import { KnownImages } from './known-images.ts';

function known(note = ''): { readonly mediaType: string; readonly image: KeptImage } {
  const { root, config } = buildImage();
  const platform = { os: 'linux', architecture: 'amd64' };
  const document = { mediaType: OCI_MANIFEST, config, layers: [] } as const;
  const about = { ...platform, rootfs: { diffIds: [] }, labels: { note } };
  return { mediaType: OCI_MANIFEST, image: { id: config.digest, platform, manifest: root, document, config: about } };
}
const digest = (n: number): Digest => digestOf(Buffer.from(String(n)));

test('what the last look has not met is forgotten, what a later one has met is not', () => {
  const images = new KnownImages();
  const first = images.begin();
  for (const n of [1, 2, 3]) images.add(digest(n), known(), first);
  images.end(first);
  const second = images.begin();
  const third = images.begin();
  images.met(digest(1), third);
  images.met(digest(1), second);
  images.met(digest(2), second);
  images.end(second);
  assert.deepEqual(
    [1, 2, 3].map((n) => images.get(digest(n)) !== undefined),
    [true, true, false],
  );
  images.end(third);
  assert.deepEqual(
    [1, 2].map((n) => images.get(digest(n)) !== undefined),
    [true, false],
  );
});

test('no more is remembered than its bound, and there is room again for what was forgotten', () => {
  const images = new KnownImages();
  const large = known('x'.repeat(1024 * 1024));
  const remembered = (from: number): number =>
    Array.from({ length: 40 }, (_, n) => images.get(digest(from + n))).filter((one) => one !== undefined).length;
  const first = images.begin();
  for (let n = 0; n < 40; n += 1) images.add(digest(n), large, first);
  assert.equal(remembered(0), 15);
  images.end(images.begin());
  assert.equal(remembered(0), 0);
  const second = images.begin();
  for (let n = 100; n < 140; n += 1) images.add(digest(n), large, second);
  assert.equal(remembered(100), 15);
});
