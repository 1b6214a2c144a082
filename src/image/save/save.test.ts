import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { after, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { bytesOf } from '#bytes';
import { openOciLayout } from '#store';
import {
  ARCHIVE_SHAPES,
  buildImage,
  buildIndex,
  buildLayer,
  helloImage,
  type NamedImage,
  rejects,
  type TestGraph,
  type TestImage,
} from '#testing';
import { loadArchive } from '../load/load.ts';
import { TestPlaces } from '../load/places.test.fixture.ts';
import type { Places } from '../places.ts';
import { saveImages } from './save.ts';
import type { SaveOptions } from './saved.ts';

const world = new TestPlaces();
after(() => world.close());
let stores = 0;

const BASE = buildLayer({ files: [{ name: 'base', content: 'base' }], fill: 70_000 });
const ONE = buildImage({ layers: [BASE, { files: [{ name: 'one', content: '1' }] }] });
const TWO = buildImage({ layers: [BASE, { files: [{ name: 'two', content: '2' }], compression: 'none' }] });
const NAMELESS = buildImage({ layers: [{ files: [{ name: 'x', content: 'x' }] }] });

function emptyStore(): Places {
  stores += 1;
  return world.at(`store-${stores}`);
}

async function filled(...images: readonly NamedImage[]): Promise<Places> {
  const places = emptyStore();
  const write = ARCHIVE_SHAPES['ctr and nerdctl'] ?? assert.fail();
  await loadArchive({ stream: bytesOf(write(images)) }, places);
  return places;
}

const usual = (): Promise<Places> =>
  filled(
    { image: ONE, names: ['app:1', 'app:latest'] },
    { image: TWO, names: ['app:2'] },
    { image: NAMELESS, names: [] },
  );

/** Saves to a file, and says what a new store makes of that. */
async function saved(
  texts: readonly string[],
  places: Places,
  options: Partial<SaveOptions> = {},
): Promise<{ readonly path: string; readonly names: readonly (readonly string[])[]; readonly ids: readonly string[] }> {
  const path = world.path('saved.tar');
  await saveImages(texts, places, { output: { path }, ...options });
  const { images } = await loadArchive({ path }, emptyStore());
  return { path, names: images.map(({ names }) => names), ids: images.map(({ id }) => id) };
}

const idOf = ({ config }: TestImage): string => config.digest;

describe('save: what a text stands for', () => {
  const CASES: readonly (readonly [texts: readonly string[], names: readonly string[][], ids: readonly string[]])[] = [
    [['app:1'], [['app:1']], [idOf(ONE)]],
    [['docker.io/library/app:1'], [['app:1']], [idOf(ONE)]],
    [['store:app:1'], [['app:1']], [idOf(ONE)]],
    [['app'], [['app:1', 'app:latest'], ['app:2']], [idOf(ONE), idOf(TWO)]],
    [
      ['app:1', 'app:2', 'app:1'],
      [['app:1'], ['app:2']],
      [idOf(ONE), idOf(TWO)],
    ],
    [[idOf(ONE)], [[]], [idOf(ONE)]],
    [[idOf(NAMELESS).slice(7, 19)], [[]], [idOf(NAMELESS)]],
    [['app:1', idOf(ONE)], [['app:1']], [idOf(ONE)]],
  ];
  for (const [texts, names, ids] of CASES) {
    it(texts.join(' ').slice(0, 60), async () => {
      const found = await saved(texts, await usual());
      assert.deepEqual(new Set(found.names), new Set(names));
      assert.deepEqual(new Set(found.ids), new Set(ids));
    });
  }

  it('what is not there, or no name', async () => {
    const places = await usual();
    const path = world.path('never.tar');
    await rejects(saveImages(['nothing'], places, { output: { path } }), 'MANIFEST_UNKNOWN');
    await rejects(saveImages(['app:3'], places, { output: { path } }), 'MANIFEST_UNKNOWN');
    await rejects(saveImages(['App'], places, { output: { path } }), 'INVALID_REFERENCE');
    await rejects(saveImages(['app:1'], places, { output: { path: `${world.folder}/no/x.tar` } }), 'IO_FAILED');
    await rejects(saveImages(['app:1'], places, { output: { path: `${world.folder}/` } }), 'INVALID_OPTION');
    assert.ok(!readdirSync(world.folder).some((name) => name.startsWith('never')));
  });
});

describe('save: the archive', () => {
  it('is the same byte for byte, in a file, as a stream and in gzip', async () => {
    const places = await usual();
    const { path } = await saved(['app'], places);
    const stream = new PassThrough();
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    await saveImages(['app'], places, { output: { stream } });
    const gzipped = world.path('saved.tar.gz');
    await saveImages(['app'], places, { output: { path: gzipped } });
    assert.ok(readFileSync(path).equals(Buffer.concat(chunks)));
    assert.ok(readFileSync(path).equals(gunzipSync(readFileSync(gzipped))));
  });

  it('has what is shared once', async () => {
    const { path } = await saved(['app'], await usual());
    const { size } = await saveImages(['app'], await usual(), { output: { path } });
    assert.ok(size < 70_000 * 2);
  });

  it('as a layout in a folder', async () => {
    const path = world.path('layout');
    await saveImages(['app'], await usual(), { output: { path, format: 'oci-dir' } });
    const layout = await openOciLayout(path);
    assert.equal((await layout.resolve('docker.io/library/app:2')).digest, TWO.root.digest);
  });

  it('does not appear where the store is damaged', async () => {
    const places = await usual();
    const store = await places.store();
    const file = store.blobFile({ ...ONE.root, digest: BASE.digest, size: BASE.bytes.length }) ?? assert.fail();
    const bytes = readFileSync(file);
    bytes[40_000] = (bytes[40_000] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const path = world.path('damaged.tar');
    await rejects(saveImages(['app:1'], places, { output: { path } }), 'DIGEST_MISMATCH');
    assert.ok(!readdirSync(world.folder).some((name) => name.startsWith('damaged')));
  });
});

describe('save: several platforms', () => {
  const INDEX: TestGraph = buildIndex([helloImage('amd64'), helloImage('arm64')]);
  const image = { ...helloImage('amd64'), ...INDEX };

  it('all that are there, or those asked for', async () => {
    const places = await filled({ image, names: ['multi:1'] });
    const path = world.path('multi.tar');
    const all = await saveImages(['multi:1'], places, { output: { path } });
    assert.equal(all.images[0]?.root.digest, INDEX.root.digest);
    const one = await saveImages(['multi:1'], places, { output: { path }, platform: 'linux/arm64' });
    assert.equal(one.images[0]?.root.digest, helloImage('arm64').root.digest);
    const { images } = await loadArchive({ path }, emptyStore());
    assert.equal(images[0]?.id, idOf(helloImage('arm64')));
    await rejects(saveImages(['multi:1'], places, { output: { path }, platform: 'linux/s390x' }), 'PLATFORM_UNKNOWN');
  });

  it('of one alone not that of another', async () => {
    const places = await filled({ image: ONE, names: ['app:1'] });
    const path = world.path('alone.tar');
    await rejects(saveImages(['app:1'], places, { output: { path }, platform: 'linux/s390x' }), 'PLATFORM_UNKNOWN');
    await saveImages(['app:1'], places, { output: { path }, platform: 'linux/amd64' });
  });
});

describe('save: deltas', () => {
  const path = world.path('delta.tar');
  const list = world.path('list.txt');
  writeFileSync(list, `# what they have\n${BASE.digest}\n\n`);

  it('without what an archive, a list, an image has', async () => {
    const places = await usual();
    const base = world.path('base.tar');
    await saveImages(['app:1'], places, { output: { path: base } });
    const layout = world.path('base-layout');
    await saveImages(['app:1'], places, { output: { path: layout, format: 'oci-dir' } });
    for (const without of [base, list, layout, 'app:1', `oci-archive:${base}`]) {
      const { leftOut } = await saveImages(['app:2'], places, { output: { path }, without: [without] });
      assert.deepEqual(
        leftOut.map(({ digest }) => digest),
        [BASE.digest],
        without,
      );
      assert.ok(readFileSync(path).length < 70_000);
      const other = emptyStore();
      await rejects(loadArchive({ path }, other), 'BLOB_UNKNOWN');
      assert.deepEqual(await (await other.store()).blobs(), []);
      await loadArchive({ path: base }, other);
      const { images } = await loadArchive({ path }, other);
      assert.deepEqual(images[0]?.names, ['app:2']);
      assert.equal(images[0].id, idOf(TWO));
    }
  });

  it('leaves out nothing that is not there: then it is no delta', async () => {
    const none = world.path('none.txt');
    writeFileSync(none, `${NAMELESS.root.digest}\n`);
    const { leftOut } = await saveImages(['app:2'], await usual(), { output: { path }, without: [none] });
    assert.deepEqual(leftOut, []);
    assert.equal((await loadArchive({ path }, emptyStore())).images.length, 1);
  });

  it('refuses what says nothing', async () => {
    const bad = world.path('bad.txt');
    writeFileSync(bad, 'hello\n');
    const places = await usual();
    await rejects(saveImages(['app:2'], places, { output: { path }, without: [bad] }), 'INVALID_OPTION');
    await rejects(saveImages(['app:2'], places, { output: { path }, without: ['./none.tar'] }), 'NOT_FOUND');
    const layout = { path: world.path('l'), format: 'oci-dir' } as const;
    await rejects(saveImages(['app:2'], places, { output: layout, without: [list] }), 'INVALID_OPTION');
  });
});
