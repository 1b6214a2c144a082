import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bytesOf } from '#bytes';
import { type Carrier, transfer } from '#content';
import type { ErrorCode } from '#errors';
import type { ProgressEvent } from '#progress';
import { isRegionsRecipe, type LoanTerms, openLoan, openRegions } from '#store';
import {
  ARCHIVE_SHAPES,
  buildImage,
  buildIndex,
  buildLayer,
  digestOf,
  helloImage,
  type LayerFile,
  rejects,
  type TestGraph,
  tarOf,
} from '#testing';
import { loadArchive } from './load.ts';
import type { LoadOptions, LoadResult } from './loaded.ts';
import { TestPlaces } from './places.test.fixture.ts';

const world = new TestPlaces();
after(() => world.close());
let stores = 0;

/** Each test has a store of its own. */
function newStore(): ReturnType<TestPlaces['at']> {
  stores += 1;
  return world.at(`store-${stores}`);
}

const BASE = buildLayer({ files: [{ name: 'base', content: 'base' }], fill: 70_000 });
const APP = buildImage({ layers: [BASE, { files: [{ name: 'app', content: 'app' }] }] });
const TOOL = buildImage({ layers: [BASE, { files: [{ name: 'tool', content: 'tool' }], compression: 'none' }] });
const IMAGES = [
  { image: APP, names: ['app:1', 'app:latest'] },
  { image: TOOL, names: [] },
];

function load(tar: Uint8Array, places = newStore(), options: LoadOptions = {}): Promise<LoadResult> {
  return loadArchive({ stream: bytesOf(tar), name: 'test.tar' }, places, options);
}

describe('load: what each tool writes', () => {
  for (const [tool, write] of Object.entries(ARCHIVE_SHAPES)) {
    const tar = write(IMAGES);
    const forms: Record<string, Uint8Array> = {
      plain: tar,
      gzip: gzipSync(tar),
      'gzip of two members': Buffer.concat([gzipSync(tar.subarray(0, 1000)), gzipSync(tar.subarray(1000))]),
    };
    for (const [form, bytes] of Object.entries(forms)) {
      it(`${tool}, ${form}`, async () => {
        const path = world.path('archive.tar');
        writeFileSync(path, bytes);
        for (const origin of [{ path }, { stream: bytesOf(bytes) }]) {
          const places = newStore();
          const { images } = await loadArchive(origin, places);
          assert.deepEqual(
            images.map(({ names, id }) => ({ names, id })),
            [
              { names: ['app:1', 'app:latest'], id: APP.config.digest },
              { names: [], id: TOOL.config.digest },
            ],
          );
          const store = await places.store();
          const names = (await store.references()).map(({ name }) => name);
          assert.deepEqual(names.toSorted(), ['docker.io/library/app:1', 'docker.io/library/app:latest', undefined]);
          for (const { root } of images) assert.ok(await store.has(root));
        }
      });
    }
  }

  it('an OCI layout keeps the digest of its manifest', async () => {
    const write = ARCHIVE_SHAPES['docker 25, both at once'] ?? assert.fail();
    const { images, format } = await load(write(IMAGES));
    assert.equal(format, 'oci-archive');
    assert.deepEqual(
      images.map(({ root }) => root.digest),
      [APP.root.digest, TOOL.root.digest],
    );
  });
});

const json = (value: unknown): string => JSON.stringify(value);
const hex = (digest: string): string => digest.slice('sha256:'.length);

interface LayoutOptions {
  readonly without?: readonly string[];
  readonly change?: ReadonlyMap<string, Uint8Array>;
  readonly more?: readonly LayerFile[];
  readonly names?: readonly string[];
}

/** An OCI layout of one root, with something wrong. */
function layout(
  graph: TestGraph,
  { without = [], change, more = [], names = ['app:1'] }: LayoutOptions = {},
): Uint8Array {
  const { mediaType, digest, size } = graph.root;
  const manifests = names.map((name) => ({
    mediaType,
    digest,
    size,
    annotations: { 'io.containerd.image.name': name.includes('/') ? name : `docker.io/library/${name}` },
  }));
  return tarOf([
    { name: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', content: json({ schemaVersion: 2, manifests }) },
    ...[...graph.blobs]
      .filter(([blob]) => !without.includes(blob))
      .map(([blob, content]) => ({ name: `blobs/sha256/${hex(blob)}`, content: change?.get(blob) ?? content })),
    ...more,
  ]);
}

/** docker's format, by hand. */
function docker(item: object, files: readonly LayerFile[] = []): Uint8Array {
  return tarOf([{ name: 'manifest.json', content: json([item]) }, ...files]);
}

const CONFIG = APP.blobs.get(APP.config.digest) ?? new Uint8Array();
const CONFIG_FILE: LayerFile = { name: 'config.json', content: CONFIG };
const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};
const [, TOP = BASE] = APP.layers;

const BAD: readonly (readonly [name: string, tar: () => Uint8Array, code: ErrorCode])[] = [
  ['nothing', () => Buffer.alloc(0), 'MANIFEST_INVALID'],
  ['text', () => Buffer.from('vm\n'), 'CORRUPT_LAYER'],
  ['a tar of other things', () => tarOf([{ name: 'hello', content: 'hello' }]), 'MANIFEST_INVALID'],
  ['a tar that ends early', () => layout(APP).subarray(0, 40_000), 'CORRUPT_LAYER'],
  ['gzip that ends early', () => gzipSync(layout(APP)).subarray(0, 10_000), 'CORRUPT_LAYER'],
  ['docker before 1.10', () => tarOf([{ name: 'repositories', content: '{}' }]), 'UNSUPPORTED'],
  [
    'a layout of another version',
    () =>
      tarOf([
        { name: 'oci-layout', content: '{"imageLayoutVersion":"2.0.0"}' },
        { name: 'index.json', content: '{}' },
      ]),
    'UNSUPPORTED',
  ],
  ['no image at all', () => tarOf([{ name: 'manifest.json', content: '[]' }]), 'MANIFEST_INVALID'],
  ['an index.json without a layout', () => tarOf([{ name: 'index.json', content: '{}' }]), 'MANIFEST_INVALID'],
  ['a manifest.json that is no array', () => tarOf([{ name: 'manifest.json', content: '{}' }]), 'MANIFEST_INVALID'],
  [
    'a manifest.json with more behind its end',
    () => tarOf([{ name: 'manifest.json', content: '[], "more": 1' }]),
    'MANIFEST_INVALID',
  ],
  [
    'a manifest.json that says Config twice',
    () => tarOf([{ name: 'manifest.json', content: '[{"Config":"a","Config":"b"}]' }]),
    'MANIFEST_INVALID',
  ],
  [
    'a manifest.json that says config too',
    () => docker({ Config: 'config.json', config: 'x', RepoTags: null, Layers: [] }, [CONFIG_FILE]),
    'MANIFEST_INVALID',
  ],
  [
    'a manifest.json that is huge',
    () => tarOf([{ name: 'manifest.json', content: Buffer.alloc(5 * 1024 * 1024, ' ') }]),
    'TOO_LARGE',
  ],
  [
    'an index.json that is huge',
    () =>
      tarOf([
        { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
        { name: 'index.json', content: Buffer.alloc(5 * 1024 * 1024, ' ') },
      ]),
    'TOO_LARGE',
  ],
  [
    'two tables that differ',
    () => layout(APP, { more: [{ name: './index.json', content: '{"schemaVersion":2,"manifests":[]}' }] }),
    'MANIFEST_INVALID',
  ],
  [
    'a name that is two images',
    () => {
      const item = { Config: `blobs/sha256/${hex(TOOL.config.digest)}`, RepoTags: ['app:1'], Layers: [] };
      return layout(APP, { more: [{ name: 'manifest.json', content: json([item]) }] });
    },
    'MANIFEST_INVALID',
  ],
  [
    'a name that leads out',
    () => layout(APP, { more: [{ name: '../../etc/passwd', content: 'root' }] }),
    'MANIFEST_INVALID',
  ],
  [
    'a config that leads out',
    () => docker({ Config: '../../../etc/passwd', RepoTags: null, Layers: [] }),
    'BLOB_UNKNOWN',
  ],
  ['a config of this machine', () => docker({ Config: '/etc/passwd', RepoTags: null, Layers: [] }), 'BLOB_UNKNOWN'],
  [
    'a config that is a link out',
    () =>
      docker({ Config: 'config.json', RepoTags: null, Layers: [] }, [
        { name: 'config.json', link: '../../../../etc/passwd' },
      ]),
    'BLOB_UNKNOWN',
  ],
  [
    'a config that is a link to this machine',
    () => docker({ Config: 'config.json', RepoTags: null, Layers: [] }, [{ name: 'config.json', link: '/etc/passwd' }]),
    'BLOB_UNKNOWN',
  ],
  [
    'a config that is a link to itself',
    () => docker({ Config: 'config.json', RepoTags: null, Layers: [] }, [{ name: 'config.json', link: 'config.json' }]),
    'BLOB_UNKNOWN',
  ],
  [
    'a layer that is a link out',
    () =>
      docker({ Config: 'config.json', RepoTags: ['app:1'], Layers: ['a', 'b'] }, [
        CONFIG_FILE,
        { name: 'a', link: '/etc/passwd' },
        { name: 'b', link: '/etc/passwd' },
      ]),
    'BLOB_UNKNOWN',
  ],
  [
    'a layer that is a device',
    () =>
      docker({ Config: 'config.json', RepoTags: ['app:1'], Layers: ['a', 'a'] }, [
        CONFIG_FILE,
        { name: 'a', type: '3' },
      ]),
    'BLOB_UNKNOWN',
  ],
  [
    'a config of another digest than its name',
    () =>
      docker({ Config: `${'0'.repeat(64)}.json`, RepoTags: null, Layers: [] }, [
        { name: `${'0'.repeat(64)}.json`, content: CONFIG },
      ]),
    'DIGEST_MISMATCH',
  ],
  [
    'fewer layers than diff_ids',
    () =>
      docker({ Config: 'config.json', RepoTags: null, Layers: ['a'] }, [
        CONFIG_FILE,
        { name: 'a', content: TOP.bytes },
      ]),
    'MANIFEST_INVALID',
  ],
  [
    'diff_ids that are paths',
    () =>
      docker({ Config: 'c', RepoTags: null, Layers: ['a'] }, [
        { name: 'c', content: json({ rootfs: { diff_ids: ['sha256:../../../../etc/cron.d/x'] } }) },
        { name: 'a', content: 'x' },
      ]),
    'MANIFEST_INVALID',
  ],
  [
    'layers in the wrong order',
    () =>
      docker({ Config: 'config.json', RepoTags: ['app:1'], Layers: ['b', 'a'] }, [
        CONFIG_FILE,
        { name: 'a', content: BASE.bytes },
        { name: 'b', content: TOP.bytes },
      ]),
    'DIFF_ID_MISMATCH',
  ],
  [
    'a name that is none',
    () => docker({ Config: 'config.json', RepoTags: ['App:1'], Layers: [] }, [CONFIG_FILE]),
    'INVALID_REFERENCE',
  ],
  [
    'a name without a tag',
    () => docker({ Config: 'config.json', RepoTags: ['app'], Layers: [] }, [CONFIG_FILE]),
    'INVALID_REFERENCE',
  ],
  ['a name in index.json that is none', () => layout(APP, { names: ['../../x:1'] }), 'INVALID_REFERENCE'],
  [
    'a layer with a flipped bit',
    () => layout(APP, { change: new Map([[BASE.digest, flipped(BASE.bytes, 40_000)]]) }),
    'DIGEST_MISMATCH',
  ],
  [
    'a config with a flipped bit',
    () => layout(APP, { change: new Map([[APP.config.digest, flipped(CONFIG, 30)]]) }),
    'DIGEST_MISMATCH',
  ],
  [
    'a manifest with a flipped bit',
    () => layout(APP, { change: new Map([[APP.root.digest, flipped(APP.blobs.get(APP.root.digest) ?? CONFIG, 30)]]) }),
    'DIGEST_MISMATCH',
  ],
  [
    'a layer that is longer',
    () => layout(APP, { change: new Map([[BASE.digest, Buffer.concat([BASE.bytes, Buffer.alloc(1)])]]) }),
    'BLOB_UNKNOWN',
  ],
  ['a layer that is not there', () => layout(APP, { without: [BASE.digest] }), 'BLOB_UNKNOWN'],
  ['a config that is not there', () => layout(APP, { without: [APP.config.digest] }), 'BLOB_UNKNOWN'],
  ['a manifest that is not there', () => layout(APP, { without: [APP.root.digest] }), 'BLOB_UNKNOWN'],
];

describe('load: what is wrong changes nothing', () => {
  for (const [name, tar, code] of BAD) {
    it(name, async () => {
      const places = newStore();
      await rejects(load(tar(), places), code);
      await expectUntouched(places);
      const path = world.path('bad.tar');
      writeFileSync(path, tar());
      await rejects(loadArchive({ path }, places), code);
      await expectUntouched(places);
    });
  }

  it('the second image of an archive', async () => {
    const write = ARCHIVE_SHAPES['crane'] ?? assert.fail();
    const diffIds = [BASE.diffId, digestOf(Buffer.from('x'))];
    const editConfig = (config: Record<string, unknown>): unknown => {
      return { ...config, rootfs: { type: 'layers', diff_ids: diffIds } };
    };
    const broken = buildImage({ layers: [BASE, { files: [{ name: 'new', content: 'new' }] }], editConfig });
    const places = newStore();
    const tar = write([
      { image: APP, names: ['app:1'] },
      { image: broken, names: ['tool:1'] },
    ]);
    await rejects(load(tar, places), 'DIFF_ID_MISMATCH');
    await expectUntouched(places);
  });

  it('an image that says of its layer what it is not', async () => {
    const image = buildImage({
      editConfig: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [digestOf(Buffer.from('x'))] } }),
    });
    const places = newStore();
    await rejects(load(layout(image), places), 'DIFF_ID_MISMATCH');
    await expectUntouched(places);
  });

  it('more entries than allowed', async () => {
    const { openArchive } = await import('#store');
    const origin = { stream: bytesOf(layout(APP)) };
    await rejects(openArchive(origin, { folder: async () => world.folder, limits: { entries: 4 } }), 'TOO_LARGE');
    const zeros = { stream: bytesOf(gzipSync(Buffer.alloc(2_000_000))) };
    await rejects(
      openArchive(zeros, { folder: async () => world.folder, limits: { unpacked: 1_000_000 } }),
      'TOO_LARGE',
    );
  });

  it('a file that is not there, or a folder', async () => {
    await rejects(loadArchive({ path: world.path('nothing') }, newStore()), 'NOT_FOUND');
    await rejects(loadArchive({ path: world.folder }, newStore()), 'IO_FAILED');
  });
});

/** No name, no blob, nothing on its way. */
async function expectUntouched(places: ReturnType<TestPlaces['at']>): Promise<void> {
  const store = await places.store();
  assert.deepEqual(await store.references(), []);
  assert.deepEqual(await store.blobs(), []);
  assert.deepEqual(await store.partials(), []);
  const folder = `${store.root}/ingest`;
  assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
}

describe('load: names', () => {
  it('one that stood for another image moves, and says so', async () => {
    const places = newStore();
    await load(layout(APP), places);
    const { images } = await load(layout(TOOL), places);
    assert.deepEqual(images[0]?.moved, [{ name: 'app:1', from: APP.config.digest }]);
    const again = await load(layout(TOOL), places);
    assert.deepEqual(again.images[0]?.moved, []);
    assert.equal(again.bytes.present, again.bytes.total);
    const stored = await (await places.store()).references();
    assert.deepEqual(stored.map(({ name, root }) => [name ?? '', root.digest]).toSorted(), [
      ['', APP.root.digest],
      ['docker.io/library/app:1', TOOL.root.digest],
    ]);
  });
});

describe('load: several platforms', () => {
  const INDEX = buildIndex([helloImage('amd64'), helloImage('arm64')]);
  const ARM = helloImage('arm64');

  it('an index is kept whole', async () => {
    const { images } = await load(layout(INDEX));
    assert.equal(images[0]?.root.digest, INDEX.root.digest);
    assert.equal(images[0].id, helloImage('amd64').config.digest);
    assert.equal(images[0].platforms.length, 2);
  });

  it('one platform of it', async () => {
    const places = newStore();
    const { images } = await load(layout(INDEX), places, { platform: 'linux/arm64' });
    assert.equal(images[0]?.id, ARM.config.digest);
    assert.equal(await (await places.store()).has(helloImage('amd64').config), false);
    await rejects(load(layout(INDEX), places, { platform: 'linux/s390x' }), 'PLATFORM_UNKNOWN');
    await rejects(load(layout(APP), newStore(), { platform: 'linux/arm64' }), 'PLATFORM_UNKNOWN');
  });

  it('an index some of whose manifests are not there', async () => {
    const without = [helloImage('amd64').root.digest];
    const { images } = await load(layout(INDEX, { without }));
    assert.equal(images[0]?.root.digest, INDEX.root.digest);
    assert.equal(images[0].id, ARM.config.digest);
  });

  it('an index one of whose platforms is there in part: told, and left out', async () => {
    const events: ProgressEvent[] = [];
    const without = [helloImage('amd64').config.digest];
    const { images } = await load(layout(INDEX, { without }), newStore(), {
      onEvent: (event) => void events.push(event),
    });
    assert.equal(images[0]?.id, ARM.config.digest);
    assert.ok(events.some((event) => event.kind === 'warning' && event.text.includes(helloImage('amd64').root.digest)));
  });

  it('an index without any', async () => {
    const without = [helloImage('amd64').root.digest, ARM.root.digest];
    await rejects(load(layout(INDEX, { without })), 'BLOB_UNKNOWN');
  });
});

describe('load: with other threads', () => {
  /** Does as a worker does, but on this thread. */
  const carrier = async (): Promise<Carrier> => ({
    assign: () => ({
      carry: async ({ source, loan, role }) => {
        const { ingest, verified } = openLoan(structuredClone(loan) as LoanTerms);
        const recipe = structuredClone(source);
        assert.ok(isRegionsRecipe(recipe));
        await transfer(openRegions(recipe), ingest, { role });
        return verified();
      },
      done: () => undefined,
    }),
  });
  const large = buildImage({ layers: [BASE, { fill: 49 * 1024 * 1024, compression: 'none' }] });

  for (const tool of ['skopeo and podman', 'ctr and nerdctl']) {
    it(tool, async () => {
      const write = ARCHIVE_SHAPES[tool] ?? assert.fail();
      const places = { ...newStore(), carrier };
      const { images } = await load(write([{ image: large, names: ['large:1'] }]), places);
      assert.equal(images[0]?.id, large.config.digest);
      const store = await places.store();
      assert.ok((await store.blobs()).length >= 4);
      assert.deepEqual(await store.partials(), []);
      const broken = Buffer.from(write([{ image: large, names: ['large:1'] }]));
      const at = broken.indexOf('filler-dray') + 20_000;
      broken[at] = (broken[at] ?? 0) ^ 1;
      const other = { ...newStore(), carrier };
      await rejects(load(broken, other), 'DIGEST_MISMATCH');
      await expectUntouched(other);
    });
  }
});

describe('load: at the same time', () => {
  it('the same archive, and others that share its layers', async () => {
    const places = newStore();
    const both = [layout(APP), layout(TOOL, { names: ['tool:1'] }), layout(APP), layout(TOOL, { names: ['tool:2'] })];
    const results = await Promise.all(both.map((tar) => load(tar, places)));
    assert.equal(results.length, 4);
    assert.equal((await (await places.store()).references()).length, 3);
  });

  it('one that fails takes nothing from one that does not', async () => {
    const places = newStore();
    const broken = layout(APP, { change: new Map([[TOP.digest, flipped(TOP.bytes, 30)]]) });
    const [bad, good] = await Promise.allSettled([load(broken, places), load(layout(TOOL), places)]);
    assert.equal(bad.status, 'rejected');
    assert.equal(good.status, 'fulfilled');
    assert.ok(await (await places.store()).has({ ...APP.root, digest: BASE.digest, size: BASE.bytes.length }));
  });

  it('a load that is cancelled', async () => {
    const places = newStore();
    const controller = new AbortController();
    const onEvent = (event: ProgressEvent): void => {
      if (event.kind === 'blob' && event.state === 'started') controller.abort();
    };
    await rejects(load(layout(APP), places, { signal: controller.signal, onEvent }), 'CANCELLED');
    await expectUntouched(places);
  });
});
