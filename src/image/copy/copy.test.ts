import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { hasCode } from '#errors';
import type { Descriptor, Digest } from '#oci';
import {
  buildArtifact,
  buildImage,
  buildLayer,
  buildSchema1,
  cutAfter,
  flipByte,
  helloImage,
  helloIndex,
  status,
  type TestGraph,
} from '#testing';
import { copyRepository } from './copy-repository.ts';
import { World } from './world.test.fixture.ts';

const KiB = 1024;

/** What cosign ties to an image by a tag. */
function cosignTag({ root }: TestGraph, kind: string): string {
  return `${root.digest.replace(':', '-')}.${kind}`;
}

function signatureOf(subject: Descriptor | undefined, content = 'signed'): TestGraph {
  return buildArtifact({
    artifactType: 'application/x.signature',
    layers: [{ mediaType: 'text/plain', content }],
    ...(subject !== undefined && { subject }),
  });
}

describe('copy', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  test('between repositories of one registry layers are mounted', async () => {
    const image = buildImage({ layers: [{ fill: 30 * KiB }, { fill: 10 * KiB, seed: 'b' }] });
    const registry = await world.registry({ images: { 'app:1': image } });
    const result = await world.copy(registry.reference('app:1'), registry.reference('team/app:2'), { tags: ['3'] });
    assert.equal(result.bytes.mounted, result.bytes.total);
    assert.deepEqual(result.names, [registry.reference('team/app:2'), registry.reference('team/app:3')]);
    const uploads = registry.requests.filter(({ method }) => method === 'PATCH' || method === 'PUT');
    assert.deepEqual(
      uploads.map(({ kind }) => kind),
      ['manifest', 'manifest'],
    );
    assert.ok(registry.requests.every(({ kind, method }) => kind !== 'blob' || method === 'HEAD'));
  });

  test('what refers to an image, and what cosign’s tags name, comes along', async () => {
    const image = helloIndex();
    const [child] = JSON.parse(Buffer.from(image.blobs.get(image.root.digest) ?? []).toString()).manifests;
    const signature = signatureOf(image.root);
    const bill = signatureOf({ mediaType: child.mediaType, digest: child.digest, size: child.size }, 'bill');
    const ofBill = signatureOf(bill.root, 'signed bill');
    const tagged = signatureOf(undefined, 'cosign');
    const other = signatureOf(undefined, 'of something else');
    const elsewhere = `sha256-${'0'.repeat(64)}.sig`;
    for (const referrers of [true, false]) {
      const registry = await world.registry({
        referrers,
        images: {
          'app:1': image,
          app: signature,
          [`app:${cosignTag(image, 'sig')}`]: tagged,
          [`app:${elsewhere}`]: other,
        },
      });
      registry.add('app', bill);
      registry.add('app', ofBill);
      if (!referrers) {
        registry.add(`app:${image.root.digest.replace(':', '-')}`, listOf(signature));
        registry.add(`app:${bill.root.digest.replace(':', '-')}`, listOf(ofBill));
        registry.add(`app:${child.digest.replace(':', '-')}`, listOf(bill));
      }
      const target = await world.registry({ referrers });
      const result = await world.copy(registry.reference('app:1'), target.reference('copy:1'));
      const expected = [signature, bill, ofBill, tagged].map(({ root }) => root.digest);
      assert.deepEqual(result.referrers.map(({ digest }) => digest).toSorted(), expected.toSorted());
      for (const digest of expected) await world.readBack(target.reference(`copy@${digest}`));
      await world.readBack(target.reference(`copy:${cosignTag(image, 'sig')}`));
      // And on from there: through a layout, an archive and the store.
      const layout = `oci:${world.path(`layout${referrers}`)}:1`;
      const archive = `oci-archive:${world.path(`${referrers}.tar`)}:1`;
      const places = [layout, archive, 'store:app:1', (await world.registry()).reference('again:1')];
      let from = target.reference('copy:1');
      for (const to of places) {
        const { referrers: along } = await world.copy(from, to);
        assert.deepEqual(along.map(({ digest }) => digest).toSorted(), expected.toSorted(), to);
        from = to;
      }
      const alone = await world.copy(registry.reference('app:1'), target.reference('alone:1'), { referrers: false });
      assert.deepEqual(alone.referrers, []);
    }
  });

  test('an archive without manifests: layers are compressed, once, and called the same the next time', async () => {
    const layers = [1, 2, 3].map((at) => ({
      files: [{ name: `f${at}`, content: `${at}`.repeat(50 * KiB) }],
      compression: 'none' as const,
    }));
    const image = buildImage({ flavour: 'docker', layers });
    const path = world.plainArchive('plain.tar', 'app:1', image);
    const target = await world.registry();
    const first = await world.copy(`docker-archive:${path}`, target.reference('app:1'));
    assert.ok(first.bytes.copied < 20 * KiB, `${first.bytes.copied} bytes`);
    const { nodes } = await world.readBack(target.reference('app:1'));
    assert.deepEqual(
      nodes[0]?.manifest?.layers.map(({ mediaType }) => mediaType.split('.').at(-1)),
      ['gzip', 'gzip', 'gzip'],
    );
    const compressions = (): number =>
      world.events.filter((event) => event.kind === 'blob' && event.state === 'compressing').length;
    assert.equal(compressions(), 3);
    const second = await world.copy(`docker-archive:${path}`, target.reference('app:2'));
    assert.equal(second.root.digest, first.root.digest);
    assert.equal(second.bytes.copied, 0);
    assert.equal(compressions(), 3, 'nothing was compressed again');
    const third = await world.copy(`docker-archive:${path}`, (await world.registry()).reference('app:3'));
    assert.equal(third.root.digest, first.root.digest);
    assert.equal(compressions(), 6, 'bytes are wanted');
  });

  test('an archive without manifests, to places that take layers as they are', async () => {
    const layers = [{ files: [{ name: 'a', content: 'a'.repeat(5000) }], compression: 'none' as const }];
    const image = buildImage({ layers });
    const from = `docker-archive:${world.plainArchive('plain.tar', 'app:1', image)}`;
    const roots = new Set<string>();
    for (const to of [
      'store:',
      `oci:${world.path('x')}:1`,
      `oci-archive:${world.path('x.tar')}:1`,
      world.path('y.tar'),
    ]) {
      const { root } = await world.copy(from, to);
      const place = to === 'store:' ? 'store:app:1' : to;
      const { nodes } = await world.readBack(place);
      assert.equal(nodes[0]?.manifest?.config.digest, image.config.digest, place);
      assert.equal(nodes[0]?.manifest?.layers[0]?.digest, image.layers[0]?.diffId, place);
      roots.add(root.digest);
    }
    assert.equal(roots.size, 1, 'one manifest, wherever it goes');
  });

  test('a layer that another zlib would compress in another way gets the digest that it has now', async () => {
    const layer = buildLayer({ files: [{ name: 'a', content: 'a'.repeat(5000) }], compression: 'none' });
    const image = buildImage({ layers: [layer] });
    const path = world.plainArchive('plain.tar', 'app:1', image);
    const store = await world.store();
    const stale: Descriptor = { mediaType: 'x', digest: `sha256:${'1'.repeat(64)}`, size: 99 };
    await store.rememberCompressed(layer.digest, stale);
    const target = await world.registry();
    const result = await world.copy(`docker-archive:${path}`, target.reference('app:1'));
    assert.ok(result.blobs.every(({ descriptor }) => descriptor.digest !== stale.digest));
    await world.readBack(target.reference('app:1'));
    assert.notEqual(store.compressed(layer.digest)?.digest, stale.digest);
  });

  test('the names of an archive are kept where the target says none', async () => {
    const registry = await world.registry({ images: { 'app:1': helloIndex(), 'lib:2': helloImage('amd64') } });
    const path = world.path('both.tar');
    await world.copy(registry.reference('app:1'), `docker-archive:${path}:app:1`);
    await world.copy(`docker-archive:${path}`, 'store:');
    assert.ok((await (await world.store()).reference('docker.io/library/app:1')) !== undefined);
    const layout = `oci:${world.path('layout')}`;
    await world.copy(registry.reference('app:1'), `${layout}:one`);
    await world.copy(registry.reference('lib:2'), `${layout}:lib:2`);
    const all = await world.copyAll(layout, `oci-archive:${world.path('all.tar')}`);
    assert.deepEqual(
      all.map(({ names }) => names),
      [['one'], ['docker.io/library/lib:2']],
    );
    await assert.rejects(world.copy(layout, registry.reference('x:1')), (e) => hasCode(e, 'NOT_FOUND'));
  });

  test('a dry run says what would move and changes nothing', async () => {
    const image = buildImage({ layers: [{ fill: 30 * KiB }, { fill: 10 * KiB, seed: 'b' }] });
    const registry = await world.registry({ images: { 'app:1': image } });
    const target = await world.registry();
    for (const place of [target.reference('app:1'), 'store:app:1', `oci:${world.path('x')}`, world.path('x.tar')]) {
      const planned = await world.copy(registry.reference('app:1'), place, { dryRun: true });
      const done = await world.copy(registry.reference('app:1'), place);
      assert.deepEqual(planned.bytes, done.bytes, place);
      assert.equal(planned.root.digest, done.root.digest);
    }
    const writes = target.requests.findIndex(({ method }) => method !== 'GET' && method !== 'HEAD');
    assert.ok(target.requests.slice(0, writes).length >= 3, 'the target was asked first');
    const beside = await world.copy(registry.reference('app:1'), registry.reference('other:1'), { dryRun: true });
    assert.equal(beside.bytes.mounted, beside.bytes.total);
    const after = await world.copy(registry.reference('app:1'), target.reference('app:1'), { dryRun: true });
    assert.equal(after.bytes.copied, 0);
  });

  test('docker’s first format arrives as what a pull makes of it', async () => {
    const old = buildSchema1(helloImage('amd64'), { name: 'old', tag: '1' });
    const registry = await world.registry({ images: { 'old:1': old } });
    const target = await world.registry();
    const result = await world.copy(registry.reference('old:1'), target.reference('new:1'));
    assert.equal(result.root.mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
    await world.readBack(target.reference('new:1'));
  });

  test('layers that others distribute stay where they are', async () => {
    const foreign = { urls: ['https://example.com/layer'], inRegistry: false };
    const image = buildImage({
      layers: [
        { fill: 2000, foreign },
        { fill: 1000, seed: 'own' },
      ],
    });
    const registry = await world.registry({ images: { 'win:1': image } });
    const target = await world.registry();
    const result = await world.copy(registry.reference('win:1'), target.reference('win:1'));
    assert.deepEqual(
      result.blobs.map(({ outcome }) => outcome),
      ['copied', 'copied', 'skipped'],
    );
    assert.equal(result.root.digest, image.root.digest);
  });

  test('all tags of a repository, or those that are chosen', async () => {
    const tags = ['1.9', '1.10', '1.10-rc1', '2.0', 'latest', 'edge'];
    const images = tags.map((tag, at) => [`app:${tag}`, buildImage({ layers: [{ fill: 100 + at }] })] as const);
    const registry = await world.registry({ images: Object.fromEntries(images) });
    const target = await world.registry();
    const copied = async (options: object): Promise<readonly string[]> => {
      const results = await copyRepository(
        registry.reference('app'),
        target.reference('copy'),
        world.places(),
        options,
      );
      return results.flatMap(({ names }) => names.map((name) => name.slice(target.reference('copy:').length)));
    };
    assert.deepEqual(await copied({ include: ['[0-9]*'], newest: 3 }), ['2.0', '1.10', '1.10-rc1']);
    assert.deepEqual(await copied({ include: ['1.*'], exclude: ['*-rc?'] }), ['1.10', '1.9']);
    assert.deepEqual(await copied({ semver: '^1.9' }), ['1.10', '1.9']);
    assert.deepEqual((await copied({})).toSorted(), tags.toSorted());
    await assert.rejects(copied({ include: ['3.*'] }), (e) => hasCode(e, 'NOT_FOUND'));
    await assert.rejects(copied({ include: ['[1'] }), (e) => hasCode(e, 'INVALID_OPTION'));
  });

  test('a source that lies is noticed before the target has taken it', async () => {
    const image = buildImage({ layers: [{ fill: 300 * KiB, compression: 'none' }] });
    const registry = await world.registry({
      images: { 'app:1': image },
      faults: [flipByte(100, { kind: 'blob', reference: image.layers[0]?.digest ?? '' })],
    });
    const target = await world.registry();
    await assert.rejects(world.copy(registry.reference('app:1'), target.reference('app:1')), (e) =>
      hasCode(e, 'DIGEST_MISMATCH'),
    );
    assert.ok(target.requests.every(({ kind, method }) => kind !== 'manifest' || method !== 'PUT'));
  });

  test('a mirror that fails or lies is followed by the registry; a target that fails by nothing', async () => {
    const image = buildImage({ layers: [{ fill: 300 * KiB, compression: 'none' }] });
    const layer: Digest = image.layers[0]?.digest ?? 'sha256:';
    for (const fault of [status(500, { reference: layer }), flipByte(100, { reference: layer })]) {
      const mirror = await world.registry({ images: { 'app:1': image }, faults: [fault] });
      const registry = await world.registry({ images: { 'app:1': image } });
      const target = await world.registry();
      const places = world.places([mirror.url]);
      const result = await world.copy(registry.reference('app:1'), target.reference('app:1'), {}, places);
      assert.equal(result.root.digest, image.root.digest);
      assert.ok(
        mirror.requests.some(({ path }) => path.includes(layer)),
        'the mirror was asked first',
      );
      await world.readBack(target.reference('app:1'));
      const asked = registry.requests.length;
      target.inject(status(403, { kind: 'upload' }));
      const failing = world.copy(
        registry.reference('app:1'),
        target.reference('other:1'),
        { referrers: false },
        world.places([mirror.url]),
      );
      await assert.rejects(failing, (e) => hasCode(e, 'DENIED'));
      assert.equal(registry.requests.length, asked, 'what the target refuses, no other source mends');
    }
  });

  test('a source that breaks off is asked for the rest', async () => {
    const image = buildImage({ layers: [{ fill: 2048 * KiB, compression: 'none' }] });
    const layer: Digest = image.layers[0]?.digest ?? 'sha256:';
    const registry = await world.registry({
      images: { 'app:1': image },
      faults: [cutAfter(1024 * KiB, { reference: layer, times: 1 })],
    });
    const target = await world.registry();
    await world.copy(registry.reference('app:1'), target.reference('app:1'));
    assert.equal((await world.readBack(target.reference('app:1'))).root.digest, image.root.digest);
    assert.ok(registry.requests.some(({ headers }) => headers.range !== undefined));
  });

  test('what fails at the target is said as it is, and the source asked nothing more', async () => {
    const registry = await world.registry({ images: { 'app:1': helloImage('amd64') } });
    const target = await world.registry({ faults: [status(403, { kind: 'upload' })] });
    await assert.rejects(world.copy(registry.reference('app:1'), target.reference('app:1')), (e) =>
      hasCode(e, 'DENIED'),
    );
    const manifests = registry.requests.filter(({ kind, method }) => kind === 'manifest' && method === 'GET');
    assert.equal(manifests.length, 1);
  });

  test('a name by digest must be that of what is copied', async () => {
    const image = helloImage('amd64');
    const registry = await world.registry({ images: { 'app:1': image } });
    const target = await world.registry();
    const own = target.reference(`app@${image.root.digest}`);
    assert.deepEqual((await world.copy(registry.reference('app:1'), own)).names, []);
    await world.readBack(own);
    const other = target.reference(`app@sha256:${createHash('sha256').update('x').digest('hex')}`);
    await assert.rejects(world.copy(registry.reference('app:1'), other), (e) => hasCode(e, 'INVALID_OPTION'));
  });

  test('places that are none, or not to be written', async () => {
    const registry = await world.registry({ images: { 'app:1': helloImage('amd64') } });
    const from = registry.reference('app:1');
    await assert.rejects(world.copy(from, 'docker-daemon:app:1'), (e) => hasCode(e, 'UNSUPPORTED'));
    await assert.rejects(world.copy(from, './nothing'), (e) => hasCode(e, 'INVALID_REFERENCE'));
    await assert.rejects(world.copy('./nothing.tar', from), (e) => hasCode(e, 'NOT_FOUND'));
    await assert.rejects(world.copy(from, 'store:app:1', { tags: ['a b'] }), (e) => hasCode(e, 'INVALID_OPTION'));
    assert.equal(registry.requests.filter(({ kind }) => kind === 'upload').length, 0);
  });
});

function listOf(...graphs: readonly TestGraph[]): TestGraph {
  const manifests = graphs.map(({ root }) => ({ ...root, artifactType: 'application/x.signature' }));
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }),
  );
  const digest: Digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  return {
    root: { mediaType, digest, size: bytes.length },
    blobs: new Map([[digest, bytes]]),
    manifests: new Map([[digest, mediaType]]),
  };
}
