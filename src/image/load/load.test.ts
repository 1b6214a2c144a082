import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bytesOf } from '#bytes';
import { type Carrier, transfer } from '#content';
import type { ProgressEvent } from '#progress';
import { isRegionsRecipe, type LoanTerms, openLoan, openRegions } from '#store';
import { ARCHIVE_SHAPES, buildImage, buildIndex, helloImage, rejects } from '#testing';
import { APP, BASE, expectUntouched, flipped, layout, load, TOOL, TOP } from './archives.test.fixture.ts';
import { loadArchive } from './load.ts';
import { TestPlaces } from './places.test.fixture.ts';

const world = new TestPlaces();
after(() => world.close());

const IMAGES = [
  { image: APP, names: ['app:1', 'app:latest'] },
  { image: TOOL, names: [] },
];

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
          const places = world.next();
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
          assert.deepEqual(
            new Set(names),
            new Set(['docker.io/library/app:1', 'docker.io/library/app:latest', undefined]),
          );
          for (const { root } of images) assert.ok(await store.has(root));
        }
      });
    }
  }

  it('an OCI layout keeps the digest of its manifest', async () => {
    const write = ARCHIVE_SHAPES['docker 25, both at once'] ?? assert.fail();
    const { images, format } = await load(write(IMAGES), world.next());
    assert.equal(format, 'oci-archive');
    assert.deepEqual(
      images.map(({ root }) => root.digest),
      [APP.root.digest, TOOL.root.digest],
    );
  });
});

describe('load: names', () => {
  it('one that stood for another image moves, and says so', async () => {
    const places = world.next();
    await load(layout(APP), places);
    const { images } = await load(layout(TOOL), places);
    assert.deepEqual(images[0]?.moved, [{ name: 'app:1', from: APP.config.digest }]);
    const again = await load(layout(TOOL), places);
    assert.deepEqual(again.images[0]?.moved, []);
    assert.equal(again.bytes.present, again.bytes.total);
    const stored = await (await places.store()).references();
    const roots = new Map(stored.map(({ name, root }) => [name, root.digest]));
    assert.deepEqual(
      roots,
      new Map([
        [undefined, APP.root.digest],
        ['docker.io/library/app:1', TOOL.root.digest],
      ]),
    );
  });
});

describe('load: several platforms', () => {
  const INDEX = buildIndex([helloImage('amd64'), helloImage('arm64')]);
  const ARM = helloImage('arm64');

  it('an index is kept whole', async () => {
    const { images } = await load(layout(INDEX), world.next());
    assert.equal(images[0]?.root.digest, INDEX.root.digest);
    assert.equal(images[0].id, helloImage('amd64').config.digest);
    assert.equal(images[0].platforms.length, 2);
  });

  it('one platform of it', async () => {
    const places = world.next();
    const { images } = await load(layout(INDEX), places, { platform: 'linux/arm64' });
    assert.equal(images[0]?.id, ARM.config.digest);
    assert.equal(await (await places.store()).has(helloImage('amd64').config), false);
    await rejects(load(layout(INDEX), places, { platform: 'linux/s390x' }), 'PLATFORM_UNKNOWN');
    await rejects(load(layout(APP), world.next(), { platform: 'linux/arm64' }), 'PLATFORM_UNKNOWN');
  });

  it('an index some of whose manifests are not there', async () => {
    const without = [helloImage('amd64').root.digest];
    const { images } = await load(layout(INDEX, { without }), world.next());
    assert.equal(images[0]?.root.digest, INDEX.root.digest);
    assert.equal(images[0].id, ARM.config.digest);
  });

  it('an index one of whose platforms is there in part: told, and left out', async () => {
    const events: ProgressEvent[] = [];
    const without = [helloImage('amd64').config.digest];
    const { images } = await load(layout(INDEX, { without }), world.next(), {
      onEvent: (event) => void events.push(event),
    });
    assert.equal(images[0]?.id, ARM.config.digest);
    assert.ok(events.some((event) => event.kind === 'warning' && event.text.includes(helloImage('amd64').root.digest)));
  });

  it('an index without any', async () => {
    const without = [helloImage('amd64').root.digest, ARM.root.digest];
    await rejects(load(layout(INDEX, { without }), world.next()), 'BLOB_UNKNOWN');
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
      const places = { ...world.next(), carrier };
      const { images } = await load(write([{ image: large, names: ['large:1'] }]), places);
      assert.equal(images[0]?.id, large.config.digest);
      const store = await places.store();
      assert.ok((await store.blobs()).length >= 4);
      assert.deepEqual(await store.partials(), []);
      const broken = Buffer.from(write([{ image: large, names: ['large:1'] }]));
      const at = broken.indexOf('filler-dray') + 20_000;
      broken[at] = (broken[at] ?? 0) ^ 1;
      const other = { ...world.next(), carrier };
      await rejects(load(broken, other), 'DIGEST_MISMATCH');
      await expectUntouched(other);
    });
  }
});

describe('load: at the same time', () => {
  it('the same archive, and others that share its layers', async () => {
    const places = world.next();
    const both = [layout(APP), layout(TOOL, { names: ['tool:1'] }), layout(APP), layout(TOOL, { names: ['tool:2'] })];
    const results = await Promise.all(both.map((tar) => load(tar, places)));
    assert.equal(results.length, 4);
    assert.equal((await (await places.store()).references()).length, 3);
  });

  it('one that fails takes nothing from one that does not', async () => {
    const places = world.next();
    const broken = layout(APP, { change: new Map([[TOP.digest, flipped(TOP.bytes, 30)]]) });
    const [bad, good] = await Promise.allSettled([load(broken, places), load(layout(TOOL), places)]);
    assert.equal(bad.status, 'rejected');
    assert.equal(good.status, 'fulfilled');
    assert.ok(await (await places.store()).has({ ...APP.root, digest: BASE.digest, size: BASE.bytes.length }));
  });

  it('a load that is cancelled', async () => {
    const places = world.next();
    const controller = new AbortController();
    const onEvent = (event: ProgressEvent): void => {
      if (event.kind === 'blob' && event.state === 'started') controller.abort();
    };
    await rejects(load(layout(APP), places, { signal: controller.signal, onEvent }), 'CANCELLED');
    await expectUntouched(places);
  });
});
