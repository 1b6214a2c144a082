import assert from 'node:assert/strict';
import * as nodeFs from 'node:fs';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import type { Descriptor, Digest } from '#oci';
import {
  buildArtifact,
  buildImage,
  buildIndex,
  buildLayer,
  cameToEnd,
  contentOf,
  helloImage,
  helloIndex,
  rejects,
  stoppingFiles,
  type TestGraph,
} from '#testing';
import { blobPath } from './blobs.ts';
import { type DiskStore, openDiskStore } from './disk-store.ts';
import { Files } from './files.ts';
import type { Death, OwnerProof } from './owner.ts';

const DAY = 24 * 60 * 60 * 1000;
const NAME = 'docker.io/library/app:1';
const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dray-collect-'));
after(() => rmSync(base, { recursive: true }));

const SHARED = buildLayer({ files: [{ name: 'shared', content: 'x'.repeat(5000) }] });
const ONE = buildImage({ layers: [SHARED, buildLayer({ files: [{ name: 'one', content: '1' }] })] });
const TWO = buildImage({ layers: [SHARED, buildLayer({ files: [{ name: 'two', content: '2' }] })] });
const ARTIFACT = buildArtifact({ artifactType: 'text/x', layers: [{ mediaType: 'text/plain', content: 'signed' }] });
const NESTED = buildIndex([{ graph: helloIndex() }]);

let root = '';
let runs = 0;
let store: DiskStore;
beforeEach(async () => {
  runs += 1;
  root = join(base, String(runs));
  store = await openDiskStore({ root, sync: false });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function keep(graph: TestGraph, into = store): Promise<void> {
  for (const [digest, bytes] of graph.blobs) {
    const mediaType = graph.manifests.get(digest) ?? 'application/octet-stream';
    await into.put({ mediaType, digest, size: bytes.length }, bytesOf(bytes));
  }
}

async function digests(): Promise<readonly string[]> {
  return (await store.blobs()).map(({ digest }) => digest).toSorted();
}

function damage({ digest, size }: Descriptor): void {
  writeFileSync(join(root, 'blobs', ...digest.split(':')), ' '.repeat(size));
}

const sorted = (...graphs: readonly TestGraph[]): readonly string[] =>
  [...new Set(graphs.flatMap((graph) => [...graph.blobs.keys()]))].toSorted();

describe('collecting what is not needed', () => {
  for (const [kind, graph, manifests] of [
    ['an image', ONE, [ONE.root]],
    ['an index', helloIndex(), []],
    ['an index within an index', NESTED, []],
    ['an artifact, none of whose manifests is told', ARTIFACT, []],
  ] as const) {
    it(`leaves ${kind} that has a name, or is kept without one; then all of it goes`, async () => {
      for (const name of [NAME, undefined]) {
        await keep(graph);
        await keep(TWO);
        await store.remember({ name, root: graph.root, manifests });
        const { blobs, bytes } = await store.collect();
        assert.deepEqual(await digests(), sorted(graph));
        assert.deepEqual(blobs.map(({ digest }) => digest).toSorted(), without(sorted(TWO), sorted(graph)));
        assert.equal(
          bytes,
          blobs.reduce((sum, { size }) => sum + size, 0),
        );
        await store.removeReference({ name, root: graph.root });
        await store.collect();
        assert.deepEqual(await digests(), []);
      }
    });
  }

  it('removes only what hangs below the roots given, where nothing else needs it', async () => {
    await keep(ONE);
    await keep(TWO);
    await keep(ARTIFACT);
    await store.remember({ name: NAME, root: TWO.root, manifests: [TWO.root] });
    await store.collect({ below: [ONE.root] });
    assert.deepEqual(await digests(), sorted(TWO, ARTIFACT));
  });

  it('looks no further where what goes has another name', async () => {
    await keep(ONE);
    await keep(TWO);
    await store.remember({ name: NAME, root: ONE.root, manifests: [ONE.root] });
    await store.remember({ name: `${NAME}-broken`, root: TWO.root, manifests: [TWO.root] });
    damage(TWO.root);
    assert.deepEqual(await store.collect({ below: [ONE.root] }), { blobs: [], partials: [], bytes: 0 });
    assert.deepEqual(await digests(), sorted(ONE, TWO));
    await assert.rejects(store.collect({ below: [ONE.root, TWO.config] }), { code: 'DIGEST_MISMATCH' });
  });

  it('leaves what a document needs that was read before a disk has damaged it', async () => {
    await keep(TWO);
    await store.remember({ name: NAME, root: TWO.root, manifests: [TWO.root] });
    await store.collect();
    await keep(ONE);
    damage(TWO.root);
    await store.collect();
    assert.deepEqual(await digests(), sorted(TWO));
    const fresh = await openDiskStore({ root, sync: false });
    await assert.rejects(fresh.collect(), { code: 'DIGEST_MISMATCH' });
    await store.removeReference(NAME);
    await store.collect();
    assert.deepEqual(await digests(), []);
  });

  it('leaves what the old root of a name needs, which stays without a name', async () => {
    await keep(ONE);
    await keep(TWO);
    await store.remember({ name: NAME, root: ONE.root, manifests: [ONE.root] });
    await store.remember({ name: NAME, root: TWO.root, manifests: [TWO.root] });
    await store.collect();
    assert.deepEqual(await digests(), sorted(ONE, TWO));
    const nameless = (await store.references()).filter(({ name }) => name === undefined);
    assert.deepEqual(
      nameless.map((reference) => reference.root),
      [ONE.root],
    );
    await store.remember({ name: `${NAME}-again`, root: ONE.root, manifests: [] });
    const names = (await store.references()).map(({ name, manifests }) => [name, manifests.length] as const);
    assert.deepEqual(
      names.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
      [
        [NAME, 1],
        [`${NAME}-again`, 1],
      ],
    );
  });

  it('removes what is remembered of layers that are gone', async () => {
    await keep(ONE);
    const [layer] = ONE.blobs.keys();
    assert.ok(layer !== undefined);
    const compressed: Descriptor = contentOf(5, 9).descriptor;
    await store.rememberCompressed(layer, compressed);
    await store.rememberLayer(compressed.digest, { diffId: layer, size: 3 });
    assert.deepEqual(store.compressed(layer), compressed);
    await store.collect();
    assert.equal(store.compressed(layer), undefined);
    assert.equal(store.layerFacts(compressed.digest), undefined);
  });

  it('removes nothing where a named image cannot be read', async () => {
    await keep(ONE);
    await keep(TWO);
    await store.remember({ name: NAME, root: ONE.root, manifests: [] });
    const path = blobPath(new Files({ root, fs: await import('node:fs'), sync: false, id: 'x' }), ONE.root.digest);
    writeFileSync(path, Buffer.alloc(ONE.root.size, 0x20));
    await rejects(store.collect(), 'DIGEST_MISMATCH');
    assert.deepEqual(await digests(), sorted(ONE, TWO));
    await store.removeReference(NAME);
    await store.collect({ below: [ONE.root] });
    assert.equal(await store.has(ONE.root), false);
    await store.collect();
    assert.deepEqual(await digests(), []);
  });

  it('makes nothing where there is no store', async () => {
    assert.deepEqual(await store.collect(), { blobs: [], partials: [], bytes: 0 });
    assert.equal(existsSync(root), false);
  });
});

describe('a lease', () => {
  it('keeps content and what is below it, from before it is there until it is released', async () => {
    const lease = await store.lease([ONE.root]);
    await lease.add([contentOf(70, 7).descriptor]);
    await keep(ONE);
    await store.put(contentOf(70, 7).descriptor, bytesOf(contentOf(70, 7).bytes));
    await (await openDiskStore({ root, sync: false })).collect();
    assert.deepEqual(await digests(), [...sorted(ONE), contentOf(70, 7).descriptor.digest].toSorted());
    await lease.release();
    await store.collect();
    assert.deepEqual(await digests(), []);
    assert.deepEqual(readdirSync(join(root, 'leases')), []);
  });

  for (const [who, death, age, stays] of [
    ['a dead process', 'exact', 0, false],
    ['a process that is probably dead', 'likely', 0, false],
    ['a process of another machine', undefined, 0, true],
    ['a process of another machine that has said nothing for long', undefined, 3_600_000, false],
  ] as const) {
    it(`of ${who} ${stays ? 'counts' : 'does not count'}`, async () => {
      const lease = await store.lease([ONE.root]);
      await keep(ONE);
      const name = leaseFiles(root).find((each) => each.endsWith('.lock')) ?? '';
      const then = (Date.now() - age) / 1000;
      utimesSync(join(root, 'leases', name), then, then);
      const other = await openDiskStore({ root, sync: false, owners: seeing(death) });
      await other.collect();
      assert.equal(await store.has(ONE.root), stays);
      if (!stays) assert.throws(() => lease.check(), { code: 'BUSY' });
      await lease.release();
    });
  }

  it('of a living process of this machine counts, however long it stands still', async () => {
    const lease = await store.lease([ONE.root]);
    await keep(ONE);
    for (const name of readdirSync(join(root, 'leases'))) utimesSync(join(root, 'leases', name), 1, 1);
    await (await openDiskStore({ root, sync: false })).collect();
    assert.equal(await store.has(ONE.root), true);
    await lease.release();
  });

  it('that cannot be understood stops the collecting', async () => {
    const lease = await store.lease([ONE.root]);
    await keep(ONE);
    const name = leaseFiles(root).find((each) => each.endsWith('.json')) ?? '';
    writeFileSync(join(root, 'leases', name), '[{]');
    await rejects(store.collect(), 'STORE_INCOMPATIBLE');
    assert.equal(await store.has(ONE.root), true);
    await lease.release();
  });
});

/** Another process' view: whoever holds something is not of its machine, or has died. */
function seeing(death: Death): OwnerProof {
  return { self: () => ({ pid: 1, scope: 'elsewhere' }), death: () => death };
}

describe('partial downloads', () => {
  const [OLD, NEW] = [contentOf(90_000, 31), contentOf(90_000, 32)];
  const bounds = { maxAge: 10 * DAY, maxSize: 1_000_000 };

  async function begin(content: typeof OLD, age: number): Promise<void> {
    const ingest = await store.ingest(content.descriptor);
    ingest?.write(0, content.bytes.subarray(0, 50_000));
    await ingest?.release();
    const then = (Date.now() - age) / 1000;
    utimesSync(join(root, 'ingest', `sha256-${content.descriptor.digest.slice(7)}.part`), then, then);
  }

  async function left(): Promise<readonly Digest[]> {
    return (await store.partials()).map(({ digest }) => digest);
  }

  it('go when they are older than wanted, and not otherwise', async () => {
    await begin(OLD, 11 * DAY);
    await begin(NEW, 9 * DAY);
    assert.deepEqual((await store.collect()).partials, []);
    assert.deepEqual((await store.collect({ partials: bounds })).partials, [OLD.descriptor.digest]);
    assert.deepEqual(await left(), [NEW.descriptor.digest]);
  });

  it('go, the oldest first, until they take no more room than wanted', async () => {
    await begin(NEW, 1 * DAY);
    await begin(OLD, 2 * DAY);
    const { partials, bytes } = await store.collect({ partials: { ...bounds, maxSize: 70_000 } });
    assert.deepEqual(partials, [OLD.descriptor.digest]);
    assert.ok(bytes >= 50_000, `${bytes} bytes`);
    assert.deepEqual(await left(), [NEW.descriptor.digest]);
  });

  it('stay while somebody brings them in, or is about to', async () => {
    await begin(OLD, 11 * DAY);
    await begin(NEW, 11 * DAY);
    const lease = await store.lease([OLD.descriptor]);
    const ingest = await store.ingest(NEW.descriptor);
    const other = await openDiskStore({ root, sync: false, lockTimings: { poll: 1 } });
    assert.deepEqual((await other.collect({ partials: { maxAge: 0, maxSize: 0 } })).partials, []);
    await ingest?.release();
    await lease.release();
    await other.collect({ partials: { maxAge: 0, maxSize: 0 } });
    assert.deepEqual(await left(), []);
  });
});

describe('a disk that is full', () => {
  it('has room for a lock when something remembered of a layer goes', async () => {
    await keep(ONE);
    const [layer] = ONE.layers;
    assert.ok(layer !== undefined);
    await store.rememberLayer(layer.digest, { diffId: layer.diffId, size: 1 });
    await store.remember({ name: NAME, root: ONE.root, manifests: [] });
    const full = (): never => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    const hint = join(root, 'facts', 'sha256', `${layer.digest.slice(7)}.json`);
    const writeSync = ((...args: Parameters<typeof nodeFs.writeSync>) =>
      existsSync(hint) ? full() : nodeFs.writeSync(...args)) as typeof nodeFs.writeSync;
    const fuller = await openDiskStore({ root, sync: false, fs: { ...nodeFs, writeSync } });
    await rejects(fuller.put(contentOf(9, 9).descriptor, bytesOf(contentOf(9, 9).bytes)), 'DISK_FULL');
    assert.equal(await fuller.removeReference(NAME), true);
    await fuller.collect();
    assert.deepEqual(await digests(), []);
    await keep(ONE);
    await store.remember({ name: NAME, root: ONE.root, manifests: [] });
    const none = await openDiskStore({ root, sync: false, fs: { ...nodeFs, writeSync: full } });
    await rejects(none.removeReference(NAME), 'DISK_FULL');
    assert.deepEqual(await digests(), sorted(ONE));
  });
});

describe('collecting that is killed', () => {
  it('leaves a whole store, at whichever call it was; the next one comes to its end', async () => {
    const timings = { beat: 10_000, stale: 10, poll: 1 };
    const index = helloIndex();
    let call = 1;
    for (; ; call += 1) {
      const here = join(root, String(call));
      store = await openDiskStore({ root: here, sync: false });
      for (const graph of [ONE, TWO, index, helloImage('arm64')]) await keep(graph);
      await store.remember({ name: NAME, root: TWO.root, manifests: [TWO.root] });
      const stopping = stoppingFiles(call);
      const isDone = await cameToEnd(async () => {
        const other = await openDiskStore({ root: here, sync: false, fs: stopping.fs, owners: seeing('exact') });
        await other.collect();
      });
      stopping.closeAll();
      await checkWhole();
      const next = await openDiskStore({ root: here, sync: false, owners: seeing('exact'), lockTimings: timings });
      await next.collect();
      assert.deepEqual(await digests(), sorted(TWO));
      rmSync(here, { recursive: true });
      if (isDone) break;
    }
    assert.ok(call > 50, `only ${call} calls`);

    async function checkWhole(): Promise<void> {
      const there = new Set(await digests());
      for (const digest of sorted(TWO)) assert.ok(there.has(digest), `${digest} of the named image is gone`);
      for (const graph of [ONE, index]) {
        // A document that is there has all that it names.
        if (there.has(graph.root.digest)) for (const digest of sorted(graph)) assert.ok(there.has(digest));
      }
    }
  });
});

describe('a pull that is killed', () => {
  it('has what it named, at whichever call it was; all else can be collected', async () => {
    const timings = { beat: 10_000, stale: 10, poll: 1 };
    let [call, named] = [1, 0];
    for (let isDone = false; !isDone; call += 1) {
      const here = join(root, String(call));
      const stopping = stoppingFiles(call);
      isDone = await cameToEnd(async () => {
        const puller = await openDiskStore({ root: here, sync: false, fs: stopping.fs, owners: seeing('exact') });
        const lease = await puller.lease([ONE.root]);
        await lease.add([TWO.root]);
        await keep(ONE, puller);
        await keep(TWO, puller);
        await puller.remember({ name: NAME, root: ONE.root, manifests: [] });
        // The name moves: the first root stays without one.
        await puller.remember({ name: NAME, root: TWO.root, manifests: [] });
        await lease.release();
      });
      stopping.closeAll();
      store = await openDiskStore({ root: here, sync: false, owners: seeing('exact'), lockTimings: timings });
      const references = await store.references();
      await store.collect();
      for (const name of leaseFiles(here)) utimesSync(join(here, 'leases', name), 1, 1);
      await store.collect();
      const graphs = references.map(({ root: image }) => (image.digest === ONE.root.digest ? ONE : TWO));
      assert.deepEqual(await digests(), sorted(...graphs));
      assert.ok(new Set(references.map((reference) => reference.root.digest)).size === references.length);
      assert.deepEqual(leaseFiles(here), []);
      named = Math.max(named, references.length);
      rmSync(here, { recursive: true, force: true });
    }
    assert.ok(call > 100 && named === 2, `${call} calls, ${named} roots`);
  });
});

function leaseFiles(folder: string): readonly string[] {
  return existsSync(join(folder, 'leases')) ? readdirSync(join(folder, 'leases')) : [];
}

function without(some: readonly string[], others: readonly string[]): readonly string[] {
  return some.filter((each) => !others.includes(each));
}
