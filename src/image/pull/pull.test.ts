import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { hasCode } from '#errors';
import { digestOf } from '#oci';
import type { ProgressEvent } from '#progress';
import { createRegistryClient } from '#registry';
import { type DiskStore, openDiskStore } from '#store';
import {
  buildArtifact,
  buildImage,
  buildIndex,
  buildLayer,
  buildSchema1,
  cutAfter,
  editManifest,
  flipByte,
  helloImage,
  helloIndex,
  type RegistryOptions,
  startRegistry,
  status,
  type TestRegistry,
} from '#testing';
import { listImages } from '../list.ts';
import type { Places } from '../places.ts';
import type { PullOptions, PullResult } from '../types.ts';
import { planPull } from './plan.ts';
import { pullAll } from './pull.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const KiB = 1024;

/** A place for each test, with what it opened; all gone afterwards. */
class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'dray-pull-'));
  readonly events: ProgressEvent[] = [];
  readonly #plain: boolean;
  readonly #registries: TestRegistry[] = [];
  readonly #closes: (() => void)[] = [];

  /** @param plain without the fast paths: no ingest, so that content is copied as a whole */
  constructor(plain: boolean) {
    this.#plain = plain;
  }

  async registry(options: RegistryOptions): Promise<TestRegistry> {
    const registry = await startRegistry(options);
    this.#registries.push(registry);
    return registry;
  }

  places(mirrors: readonly string[] = []): Places {
    const registries = createRegistryClient({ hosts: { named: { mirrors } }, retries: 1 });
    this.#closes.push(() => registries.close());
    return {
      registries,
      store: () => this.store(),
      scratch: () => openDiskStore({ root: join(this.folder, 'scratch'), sync: false }),
      carrier: undefined,
      host: AMD64,
      sync: false,
    };
  }

  async store(): Promise<DiskStore> {
    const store = await openDiskStore({ root: join(this.folder, 'store'), sync: false });
    return this.#plain ? Object.assign(Object.create(store) as DiskStore, bound(store), { ingest: undefined }) : store;
  }

  async pull(reference: string | readonly string[], options: PullOptions = {}, places = this.places()) {
    const onEvent = (event: ProgressEvent): void => void this.events.push(event);
    return pullAll([reference].flat(), places, { onEvent, ...options });
  }

  async pullOne(reference: string, options: PullOptions = {}, places = this.places()): Promise<PullResult> {
    const [result] = await this.pull(reference, options, places);
    assert.ok(result !== undefined);
    return result;
  }

  async close(): Promise<void> {
    for (const close of this.#closes) close();
    await Promise.all(this.#registries.map((registry) => registry.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Private members are reached through the object itself, not through one that inherits from it. */
function bound(store: DiskStore): Partial<DiskStore> {
  return {
    has: (target) => store.has(target),
    fetch: (target, options) => store.fetch(target, options),
    put: (target, content, options) => store.put(target, content, options),
    layerFacts: (digest) => store.layerFacts(digest),
    rememberLayer: (digest, facts, options) => store.rememberLayer(digest, facts, options),
    lease: (content, options) => store.lease(content, options),
    remember: (reference, options) => store.remember(reference, options),
    reference: (name) => store.reference(name),
    references: (options) => store.references(options),
    discard: (digest) => store.discard(digest),
    blobFile: (target) => store.blobFile(target),
  };
}

function texts(events: readonly ProgressEvent[], kind: 'warning' | 'notice'): string[] {
  return events.flatMap((event) => (event.kind === kind && 'text' in event ? [event.text] : []));
}

for (const plain of [false, true]) {
  describe(plain ? 'pull, with every fast path off' : 'pull', () => {
    let world = new World(plain);
    afterEach(async () => {
      await world.close();
      world = new World(plain);
    });
    after(() => world.close());

    test('an index: the platform of the machine, its layers and nothing else', async () => {
      const registry = await world.registry({ images: { 'app:1': helloIndex() } });
      const result = await world.pullOne(registry.reference('app:1'));
      assert.equal(result.images.length, 1);
      assert.deepEqual(result.images[0]?.platform, AMD64);
      assert.equal(result.status, 'downloaded');
      assert.equal(registry.requests.filter(({ kind }) => kind === 'blob').length, 2);
      assert.equal(result.endpoint, registry.url);
    });

    test('an index that says of an image what its config does not: a warning', async () => {
      const arm = helloImage('arm64');
      const entries = [{ graph: arm, platform: AMD64 }];
      const registry = await world.registry({ images: { 'app:1': buildIndex(entries), 'alone:1': arm } });
      const wrong = /its platform \(linux\/arm64\) does not match the specified platform \(linux\/amd64\)/;
      await world.pull(registry.reference('app:1'));
      assert.equal(texts(world.events, 'warning').filter((text) => wrong.test(text)).length, 1);
      await world.pull(registry.reference('alone:1'));
      assert.equal(texts(world.events, 'warning').length, 1, 'nobody asked for a platform');
      await world.pull(registry.reference('alone:1'), { platform: 'linux/amd64' });
      assert.equal(texts(world.events, 'warning').length, 2);
    });

    test('an index whose entries name no platform: their configs do', async () => {
      const [amd, arm] = [helloImage('amd64'), helloImage('arm64')];
      const registry = await world.registry({ images: { 'app:1': buildIndex([{ graph: arm }, { graph: amd }]) } });
      const result = await world.pullOne(registry.reference('app:1'));
      assert.deepEqual(
        result.images.map(({ manifest }) => manifest.digest),
        [amd.root.digest],
      );
      assert.deepEqual(texts(world.events, 'warning'), []);
    });

    test('again: nothing but the manifest is asked for', async () => {
      const registry = await world.registry({ images: { 'app:1': helloIndex() } });
      await world.pull(registry.reference('app:1'));
      const before = registry.requests.length;
      const result = await world.pullOne(registry.reference('app:1'));
      assert.equal(result.status, 'up-to-date');
      assert.equal(result.bytes.fetched, 0);
      assert.deepEqual(
        registry.requests.slice(before).filter(({ kind }) => kind === 'blob'),
        [],
      );
    });

    test('what a tag has brought is up to date by its digest', async () => {
      const image = helloImage('amd64');
      const registry = await world.registry({ images: { 'app:1': image } });
      await world.pullOne(registry.reference('app:1'));
      const again = await world.pullOne(registry.reference(`app@${image.root.digest}`));
      assert.equal(again.status, 'up-to-date');
    });

    test('of layers that another image has brought it is said that they are here', async () => {
      const [one, two] = ['1', '2'].map((version) =>
        buildImage({ layers: [{ fill: KiB }], config: { Labels: { version } } }),
      );
      const registry = await world.registry({ images: { 'one:1': one ?? buildImage(), 'two:1': two ?? buildImage() } });
      await world.pullOne(registry.reference('one:1'));
      const from = world.events.length;
      await world.pullOne(registry.reference('two:1'));
      const said = world.events.slice(from);
      assert.deepEqual(
        said.flatMap((event) => (event.kind === 'image-planned' ? [event.isKnown] : [])),
        [false],
      );
      const layers = said.flatMap((event) => (event.kind === 'blob' && event.role === 'layer' ? [event.state] : []));
      assert.deepEqual(layers, ['exists']);
    });

    test('latest is the default, and said', async () => {
      const registry = await world.registry({ images: { 'app:latest': helloImage('amd64') } });
      const result = await world.pullOne(registry.reference('app'));
      assert.deepEqual(texts(world.events, 'notice'), ['Using default tag: latest']);
      assert.equal(result.reference, `${registry.host}/app:latest`);
    });

    test('two references that share layers fetch them once', async () => {
      const shared = helloImage('amd64').layers[0];
      assert.ok(shared !== undefined);
      const a = buildImage({ layers: [shared, { files: [{ name: 'a', content: 'a' }] }] });
      const b = buildImage({ layers: [shared, { files: [{ name: 'b', content: 'b' }] }] });
      const registry = await world.registry({ images: { 'a:1': a, 'b:1': b } });
      await world.pull([registry.reference('a:1'), registry.reference('b:1')]);
      const asked = registry.requests.filter(({ path }) => path.includes(shared.digest));
      assert.equal(asked.length, 1);
    });

    test('a platform that is not there: what there is', async () => {
      const registry = await world.registry({ images: { 'app:1': helloIndex() } });
      await assert.rejects(world.pull(registry.reference('app:1'), { platform: 'linux/s390x' }), (error) => {
        assert.ok(hasCode(error, 'PLATFORM_UNKNOWN'));
        assert.match(error.message, /no matching manifest for linux\/s390x.*linux\/amd64, linux\/arm64/);
        return true;
      });
    });

    test('one image of another platform: taken, with a warning', async () => {
      const registry = await world.registry({ images: { 'app:1': helloImage('arm64') } });
      const result = await world.pullOne(registry.reference('app:1'), { platform: 'linux/amd64' });
      assert.equal(result.images[0]?.platform.architecture, 'arm64');
      assert.match(texts(world.events, 'warning')[0] ?? '', /does not match the specified platform \(linux\/amd64\)/);
    });

    test('all platforms, then one more name for one of them', async () => {
      const registry = await world.registry({ images: { 'app:1': helloIndex() } });
      const all = await world.pullOne(registry.reference('app:1'), { allPlatforms: true });
      assert.equal(all.images.length, 2);
      const one = await world.pullOne(registry.reference('app:1'), { platform: 'linux/arm64' });
      assert.equal(one.status, 'up-to-date');
    });

    test('a nested index', async () => {
      const inner = buildIndex([helloImage('amd64')]);
      const registry = await world.registry({
        images: { 'app:1': buildIndex([helloImage('arm64'), { graph: inner }]) },
      });
      const result = await world.pullOne(registry.reference('app:1'));
      assert.equal(result.images[0]?.platform.architecture, 'amd64');
    });

    test('every tag; artifacts are skipped with a line', async () => {
      const registry = await world.registry({
        images: {
          'app:1': helloImage('amd64'),
          'app:2': helloImage('arm64'),
          'app:sbom': buildArtifact({ artifactType: 'application/x.sbom' }),
        },
      });
      const results = await world.pull(registry.reference('app'), { allTags: true });
      assert.equal(results.length, 2);
      assert.match(texts(world.events, 'warning')[0] ?? '', /skipped: .*app:sbom is not a container image/);
    });

    test('an artifact alone is refused', async () => {
      const registry = await world.registry({
        images: { 'app:sbom': buildArtifact({ artifactType: 'application/x.sbom' }) },
      });
      await assert.rejects(world.pull(registry.reference('app:sbom')), (e) => hasCode(e, 'UNSUPPORTED'));
    });

    test('zstd, gzip and plain layers, the same layer twice', async () => {
      const image = buildImage({
        layers: [
          { files: [{ name: 'a', content: 'a' }], compression: 'zstd' },
          { files: [{ name: 'b', content: 'b' }], compression: 'none' },
          { files: [{ name: 'c', content: 'c' }] },
          { files: [{ name: 'c', content: 'c' }] },
        ],
      });
      const registry = await world.registry({ images: { 'app:1': image } });
      const result = await world.pullOne(registry.reference('app:1'));
      assert.equal(result.images[0]?.layers.length, 4);
    });

    test('a layer that is cut again and again arrives, no byte twice', async () => {
      const image = buildImage({ layers: [{ fill: 200 * KiB, compression: 'none' }] });
      const size = image.layers[0]?.bytes.length ?? 0;
      const registry = await world.registry({
        images: { 'app:1': image },
        faults: [cutAfter(30 * KiB, { kind: 'blob', times: 4 })],
      });
      const result = await world.pullOne(registry.reference('app:1'));
      assert.equal(result.status, 'downloaded');
      const served = registry.requests.filter(({ path }) => path.includes(image.layers[0]?.digest ?? ''));
      assert.ok(served.length > 1);
      assert.ok(served.reduce((sum, { sent }) => sum + sent, 0) <= size + 64 * KiB);
    });

    test('one flipped byte: fetched once more', async () => {
      const image = buildImage({ layers: [{ fill: 20 * KiB, compression: 'none' }] });
      const digest = image.layers[0]?.digest ?? '';
      const flip = flipByte(1000, { kind: 'blob', when: ({ path }) => path.includes(digest), times: 1 });
      const registry = await world.registry({ images: { 'app:1': image }, faults: [flip] });
      if (plain) {
        // Content that is put as a whole has no second try: the next pull is it.
        await assert.rejects(world.pull(registry.reference('app:1')), (e) => hasCode(e, 'DIGEST_MISMATCH'));
      }
      const result = await world.pullOne(registry.reference('app:1'));
      assert.equal(result.status, 'downloaded');
    });

    test('bytes that are always wrong: DIGEST_MISMATCH, and no name for it', async () => {
      const image = buildImage({ layers: [{ fill: 20 * KiB, compression: 'none' }] });
      const digest = image.layers[0]?.digest ?? '';
      const flip = flipByte(1000, { kind: 'blob', when: ({ path }) => path.includes(digest) });
      const registry = await world.registry({ images: { 'app:1': image }, faults: [flip] });
      await assert.rejects(world.pull(registry.reference('app:1')), (e) => hasCode(e, 'DIGEST_MISMATCH'));
      assert.deepEqual(await (await world.store()).references(), []);
    });

    test('a layer that is not what the config says', async () => {
      const image = buildImage({
        editConfig: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } }),
      });
      const registry = await world.registry({ images: { 'app:1': image } });
      await assert.rejects(world.pull(registry.reference('app:1')), (e) => hasCode(e, 'DIFF_ID_MISMATCH'));
      const taken = await world.pullOne(registry.reference('app:1'), { verifyLayers: false });
      assert.equal(taken.status, 'downloaded');
      // What is in the store is checked when it is asked for with a check.
      await assert.rejects(world.pull(registry.reference('app:1')), (e) => hasCode(e, 'DIFF_ID_MISMATCH'));
    });

    test('a mirror that fails in the middle: the registry goes on where it stopped', async () => {
      const image = buildImage({ layers: [{ fill: 300 * KiB, compression: 'none' }] });
      const digest = image.layers[0]?.digest ?? '';
      const isLayer = ({ path }: { readonly path: string }): boolean => path.includes(digest);
      let count = 0;
      const mirror = await world.registry({
        images: { 'app:1': image },
        faults: [
          status(404, { when: (request) => isLayer(request) && count++ > 0 }),
          cutAfter(100 * KiB, { when: isLayer }),
        ],
      });
      const registry = await world.registry({ images: { 'app:1': image } });
      const result = await world.pullOne(registry.reference('app:1'), {}, world.places([mirror.url]));
      assert.equal(result.status, 'downloaded');
      assert.ok(world.events.some((event) => event.kind === 'endpoint-failed'));
      if (!plain) {
        const asked = registry.requests.find(isLayer);
        assert.match(asked?.headers.range ?? '', /^bytes=\d{5,}-$/);
      }
    });

    test('docker’s first format is converted, equally each time', async () => {
      const image = buildImage({
        layers: [{ files: [{ name: 'a', content: 'a' }] }, { files: [{ name: 'b', content: 'b' }] }],
      });
      const registry = await world.registry({ images: { 'old:1': buildSchema1(image, { name: 'old', tag: '1' }) } });
      const first = await world.pullOne(registry.reference('old:1'));
      assert.equal(first.images[0]?.layers.length, 2);
      const second = await world.pullOne(registry.reference('old:1'));
      assert.equal(second.images[0]?.id, first.images[0]?.id);
      assert.equal(second.status, 'up-to-date');
      assert.deepEqual(texts(world.events, 'warning'), []);
      await world.pull(registry.reference('old:1'), { platform: 'linux/arm64' });
      assert.match(texts(world.events, 'warning')[0] ?? '', /does not match the specified platform/);
    });

    test('every form of output, from the store and without it', async () => {
      const registry = await world.registry({ images: { 'app:1': helloIndex() } });
      const reference = registry.reference('app:1');
      const file = (name: string): string => join(world.folder, name);
      await world.pull(reference, { output: { path: file('a.tar') } });
      await world.pull(reference, { output: { path: file('b.tar') }, store: false });
      await world.pull(reference, { output: { path: file('c.tar.gz') } });
      await world.pull(reference, { output: { path: file('d.tar.gz') }, store: false });
      await world.pull(reference, { output: { path: file('e/'), format: 'oci-dir' }, store: false });
      await world.pull(reference, { output: { path: `${file('f')}/` } });
      assert.deepEqual(readFileSync(file('a.tar')), readFileSync(file('b.tar')));
      assert.deepEqual(readFileSync(file('c.tar.gz')), readFileSync(file('d.tar.gz')));
      assert.deepEqual(
        readdirSync(file('e'))
          .filter((name) => !name.startsWith('.'))
          .toSorted(),
        ['blobs', 'index.json', 'oci-layout'],
      );
      const [only] = readdirSync(file('f'));
      assert.match(only ?? '', /app_1_linux-amd64\.tar$/);
      assert.deepEqual(
        readdirSync(world.folder).filter((name) => name.includes('partial')),
        [],
      );
    });

    test('a blob that the disk has damaged is fetched again when it is read', async () => {
      const image = buildImage({ layers: [{ fill: 50 * KiB, compression: 'none' }] });
      const registry = await world.registry({ images: { 'app:1': image } });
      const reference = registry.reference('app:1');
      const good = join(world.folder, 'good.tar');
      await world.pull(reference, { output: { path: good } });
      const store = await world.store();
      const layer = image.layers[0];
      assert.ok(layer !== undefined);
      const blob = store.blobFile({ mediaType: 'x', digest: layer.digest, size: layer.bytes.length });
      assert.ok(blob !== undefined);
      chmodSync(blob, 0o600);
      writeFileSync(blob, Buffer.from(layer.bytes).fill(7, 100, 200));
      const healed = join(world.folder, 'healed.tar');
      await world.pull(reference, { output: { path: healed } });
      assert.deepEqual(readFileSync(healed), readFileSync(good));
      assert.match(texts(world.events, 'warning')[0] ?? '', /damaged bytes/);
    });

    test('a config that the disk has damaged is fetched again when it is needed', async () => {
      const image = helloImage('amd64');
      const registry = await world.registry({ images: { 'app:1': image } });
      await world.pull(registry.reference('app:1'));
      const blob = (await world.store()).blobFile(image.config);
      assert.ok(blob !== undefined);
      const good = readFileSync(blob);
      chmodSync(blob, 0o600);
      writeFileSync(blob, Buffer.from(good).fill(32, 10, 20));
      await world.pull(registry.reference('app:1'));
      assert.deepEqual(readFileSync(blob), good);
    });

    test('encrypted layers are refused before they are fetched; an OCI output takes them as they are', async () => {
      const image = buildImage({ layers: [{ fill: 100 }, { fill: 200 }] });
      const encrypted = editManifest(image, ({ layers, ...rest }) => {
        const [bottom, top] = layers as readonly { mediaType: string }[];
        return { ...rest, layers: [bottom, { ...top, mediaType: `${top?.mediaType}+encrypted` }] };
      });
      const registry = await world.registry({ images: { 'app:1': encrypted } });
      const reference = registry.reference('app:1');
      await assert.rejects(world.pull(reference), (e) => hasCode(e, 'UNSUPPORTED') && /is encrypted/.test(e.message));
      assert.ok(registry.requests.every(({ path }) => !path.includes('/blobs/')));
      const path = join(world.folder, 'layout');
      const result = await world.pullOne(reference, { output: { path, format: 'oci-dir' } });
      assert.deepEqual(result.images, []);
      assert.ok(readdirSync(join(path, 'blobs', 'sha256')).length >= 4);
    });

    test('nothing but artifacts: no empty file', async () => {
      const sbom = buildArtifact({ artifactType: 'application/x.sbom' });
      const registry = await world.registry({
        images: { 'app:a': sbom, 'app:b': buildIndex([{ graph: sbom }, { graph: sbom, platform: AMD64 }]) },
      });
      for (const store of [true, false]) {
        const output = { path: join(world.folder, 'x.tar') };
        const all = world.pull(registry.reference('app'), { allTags: true, store, output });
        await assert.rejects(all, (e) => hasCode(e, 'NOT_FOUND'));
        const index = world.pull(registry.reference('app:b'), { allPlatforms: true, store, output });
        await assert.rejects(index, (e) => hasCode(e, 'UNSUPPORTED'));
      }
      assert.ok(!readdirSync(world.folder).some((name) => name.startsWith('x.tar')));
    });

    test('of all platforms the machine’s own is the one that bears the name', async () => {
      const registry = await world.registry({
        images: { 'app:1': buildIndex([helloImage('arm64'), helloImage('amd64')]) },
      });
      const result = await world.pullOne(registry.reference('app:1'), { allPlatforms: true });
      assert.deepEqual(
        result.images.map(({ platform }) => platform.architecture),
        ['amd64', 'arm64'],
      );
    });

    test('a file for each image, also where their names look alike', async () => {
      const registry = await world.registry({
        images: { 'a/b:1': helloImage('amd64'), 'a-b:1': buildImage({ layers: [{ fill: 10 }] }) },
      });
      const references = [registry.reference('a/b:1'), registry.reference('a-b:1'), registry.reference('a/b:1')];
      await world.pull(references, { output: { path: `${join(world.folder, 'files')}/` } });
      assert.equal(readdirSync(join(world.folder, 'files')).length, 2);
    });

    test('a layer that two configs name by digests of two kinds', async () => {
      const layer = buildLayer({ files: [{ name: 'a', content: 'a' }], compression: 'none' });
      const sha512 = digestOf(layer.bytes, 'sha512');
      const editConfig = (config: Record<string, unknown>) => ({
        ...config,
        rootfs: { type: 'layers', diff_ids: [sha512] },
      });
      const registry = await world.registry({
        images: { 'app:1': buildImage({ layers: [layer] }), 'app:2': buildImage({ layers: [layer], editConfig }) },
      });
      await world.pull([registry.reference('app:1'), registry.reference('app:2'), registry.reference('app:1')]);
    });

    test('a failure leaves no output', async () => {
      const image = helloImage('amd64');
      const registry = await world.registry({ images: { 'app:1': image }, faults: [status(404, { kind: 'blob' })] });
      for (const store of [true, false]) {
        const path = join(world.folder, 'x.tar');
        await assert.rejects(world.pull(registry.reference('app:1'), { output: { path }, store }));
        assert.deepEqual(
          readdirSync(world.folder).filter((name) => name.startsWith('x.tar')),
          [],
        );
      }
    });

    test('what is wrong with names or options is said before anything is asked', async () => {
      const registry = await world.registry({ images: { 'app:1': helloIndex() } });
      const good = registry.reference('app:1');
      await assert.rejects(world.pull([good, 'UPPER/']), (e) => hasCode(e, 'INVALID_REFERENCE'));
      await assert.rejects(world.pull(good, { allTags: true }), (e) => hasCode(e, 'INVALID_OPTION'));
      await assert.rejects(world.pull(good, { platform: 'linux/*' }), (e) => hasCode(e, 'INVALID_PLATFORM'));
      await assert.rejects(world.pull(good, { store: false }), (e) => hasCode(e, 'INVALID_OPTION'));
      await assert.rejects(world.pull(good, { output: {} }), (e) => hasCode(e, 'INVALID_OPTION'));
      await assert.rejects(world.pull([good, 'scratch']), (e) => hasCode(e, 'INVALID_REFERENCE'));
      const nowhere = join(world.folder, 'none', 'x.tar');
      await assert.rejects(world.pull(good, { output: { path: nowhere } }), (e) => hasCode(e, 'IO_FAILED'));
      assert.equal(registry.requests.length, 0);
    });

    test('a plan fetches no layer', async () => {
      const registry = await world.registry({ images: { 'app:1': helloIndex() } });
      const plan = await planPull(registry.reference('app:1'), world.places());
      assert.equal(plan.platforms.length, 2);
      assert.equal(plan.images[0]?.layers[0]?.present, false);
      const layer = plan.images[0]?.layers[0]?.descriptor.digest ?? '';
      assert.deepEqual(
        registry.requests.filter(({ path }) => path.includes(layer)),
        [],
      );
    });

    test('a plan of docker’s first format is refused rather than paid for with its layers', async () => {
      const image = buildSchema1(helloImage('amd64'), { name: 'old', tag: '1' });
      const registry = await world.registry({ images: { 'old:1': image } });
      await assert.rejects(planPull(registry.reference('old:1'), world.places()), (e) => hasCode(e, 'UNSUPPORTED'));
      assert.ok(registry.requests.every(({ path }) => !path.includes('/blobs/')));
    });

    test('the list shows what was pulled', async () => {
      const registry = await world.registry({ images: { 'app:1': helloIndex(), 'lib:2': helloImage('amd64') } });
      await world.pull([registry.reference('app:1'), registry.reference('lib:2')]);
      const images = await listImages(await world.store(), AMD64);
      assert.deepEqual(new Set(images.map(({ tag }) => tag)), new Set(['1', '2']));
      assert.ok(images.every(({ source }) => source === registry.url));
      const some = await listImages(await world.store(), AMD64, { reference: `${registry.host}/lib` });
      assert.equal(some.length, 1);
    });

    test('cancel keeps what came and names nothing', async () => {
      const image = buildImage({ layers: [{ fill: 2048 * KiB, compression: 'none' }] });
      const registry = await world.registry({ images: { 'app:1': image } });
      const controller = new AbortController();
      const onEvent = (event: ProgressEvent): void => {
        if (event.kind === 'blob-progress' && event.role === 'layer') controller.abort();
      };
      await assert.rejects(world.pull(registry.reference('app:1'), { signal: controller.signal, onEvent }), (e) =>
        hasCode(e, 'CANCELLED'),
      );
      assert.deepEqual(await (await world.store()).references(), []);
    });
  });
}
