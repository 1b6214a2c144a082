import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { buildArtifact, buildImage, helloIndex, rejects } from '#testing';
import { findStored } from './find-stored.ts';
import { type KeptWorld, openKeptWorld } from './kept-world.test.fixture.ts';

const ONE = buildImage({ config: { Labels: { n: '1' } } });
const TWO = buildImage({ config: { Labels: { n: '2' } } });
const INDEX = helloIndex();
const ARTIFACT = buildArtifact({ artifactType: 'text/x' });
const hex = (digest: string): string => digest.slice('sha256:'.length);

let world: KeptWorld;
beforeEach(async () => {
  world = await openKeptWorld();
  await world.keep('docker.io/library/one:latest', ONE);
  await world.keep('host.example:5000/team/one:2', ONE, { source: 'https://host.example:5000' });
  await world.keep('docker.io/library/index:1', INDEX);
  await world.keep(undefined, TWO);
  await world.keep('docker.io/library/sbom:1', ARTIFACT);
});
afterEach(() => world.close());

describe('an image of the store', () => {
  const found: readonly (readonly [string, string | undefined])[] = [
    ['one', 'docker.io/library/one:latest'],
    ['library/one:latest', 'docker.io/library/one:latest'],
    ['docker.io/library/one', 'docker.io/library/one:latest'],
    ['host.example:5000/team/one:2', 'host.example:5000/team/one:2'],
    [`host.example:5000/team/one@${ONE.root.digest}`, 'host.example:5000/team/one:2'],
    [`host.example:5000/team/one:9@${ONE.root.digest}`, 'host.example:5000/team/one:2'],
    ['sbom:1', 'docker.io/library/sbom:1'],
    [ARTIFACT.root.digest, 'docker.io/library/sbom:1'],
    [INDEX.root.digest, 'docker.io/library/index:1'],
    [hex(INDEX.root.digest).slice(0, 12), 'docker.io/library/index:1'],
    [TWO.config.digest, undefined],
    [hex(TWO.config.digest), undefined],
    [hex(TWO.config.digest).slice(0, 12), undefined],
    [`sha256:${hex(TWO.config.digest).slice(0, 5)}`, undefined],
    [TWO.root.digest, undefined],
  ];
  for (const [text, name] of found) {
    it(`is found by ${text.slice(0, 60)}`, async () => {
      assert.equal((await findStored(text, world.store)).stored.name, name);
    });
  }

  it('is meant by an ID alone, and by the digest of a manifest', async () => {
    assert.deepEqual((await findStored(TWO.config.digest, world.store)).manifest, TWO.root);
    const [manifest] = (await world.store.reference('docker.io/library/index:1'))?.manifests ?? [];
    assert.ok(manifest !== undefined);
    assert.deepEqual((await findStored(manifest.digest, world.store)).manifest, manifest);
    assert.equal((await findStored(INDEX.root.digest, world.store)).manifest, undefined);
  });

  it('is a name before it is an ID', async () => {
    const short = hex(TWO.config.digest).slice(0, 6);
    await world.store.remember({ name: `docker.io/library/${short}:latest`, root: ONE.root, manifests: [ONE.root] });
    assert.equal((await findStored(short, world.store)).stored.root.digest, ONE.root.digest);
  });

  it('is none where several IDs begin so', async () => {
    // Seventeen images, sixteen digits: two begin alike.
    const begins = new Map<string, number>();
    for (let n = 0; n < 17; n += 1) {
      const image = buildImage({ config: { Labels: { many: String(n) } } });
      const first = hex(image.config.digest).slice(0, 1);
      begins.set(first, (begins.get(first) ?? 0) + 1);
      await world.keep(undefined, image);
    }
    const [doubled = ''] = [...begins].find(([, count]) => count > 1) ?? [];
    await assert.rejects(findStored(doubled, world.store), { message: `No such image: ${doubled}:latest` });
  });

  const missing: readonly (readonly [string, string])[] = [
    ['nosuch', 'nosuch:latest'],
    ['one:2', 'one:2'],
    ['0'.repeat(64), `sha256:${'0'.repeat(64)}`],
    [`sha256:${'0'.repeat(64)}`, `sha256:${'0'.repeat(64)}`],
    [`one@sha256:${'0'.repeat(64)}`, `one@sha256:${'0'.repeat(64)}`],
    [`one@${ONE.root.digest}x`, ''],
    ['Upper', ''],
  ];
  for (const [text, shown] of missing) {
    it(`is not ${text.slice(0, 30)}`, async () => {
      if (shown === '') await rejects(findStored(text, world.store), 'INVALID_REFERENCE');
      else {
        await assert.rejects(findStored(text, world.store), {
          code: 'MANIFEST_UNKNOWN',
          message: `No such image: ${shown}`,
        });
      }
    });
  }
});
