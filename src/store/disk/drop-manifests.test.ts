import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { bytesOf } from '#bytes';
import type { Digest } from '#oci';
import {
  buildImage,
  buildIndex,
  buildLayer,
  cameToEnd,
  rejects,
  stoppingFiles,
  type TestGraph,
  type TestImage,
} from '#testing';
import { type DiskStore, openDiskStore } from './disk-store.ts';
import type { OwnerProof } from './owner.ts';

const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dray-drop-'));
after(() => rmSync(base, { recursive: true }));

const SHARED = buildLayer({ files: [{ name: 'shared', content: 'x'.repeat(5000) }] });
const imageFor = (architecture: string): TestImage =>
  buildImage({
    platform: { os: 'linux', architecture },
    layers: [SHARED, buildLayer({ files: [{ name: architecture, content: architecture }] })],
  });
const [AMD, ARM, S390] = [imageFor('amd64'), imageFor('arm64'), imageFor('s390x')];
const INDEX = buildIndex([AMD, ARM, S390]);
const SMALLER = buildIndex([ARM, S390]);
const NAME = 'docker.io/library/app:1';
const OTHER = 'docker.io/library/other:1';
const MANIFESTS = [AMD.root, ARM.root, S390.root];
const DEAD: OwnerProof = { self: () => ({ pid: 1, scope: 'elsewhere' }), death: () => 'exact' };
const TIMINGS = { beat: 10_000, stale: 10, poll: 1 };

let store: DiskStore;
let runs = 0;
beforeEach(async () => {
  runs += 1;
  store = await openDiskStore({ root: join(base, String(runs)), sync: false });
});

async function keep(graph: TestGraph, into = store): Promise<void> {
  for (const [digest, bytes] of graph.blobs) {
    const mediaType = graph.manifests.get(digest) ?? 'application/octet-stream';
    await into.put({ mediaType, digest, size: bytes.length }, bytesOf(bytes));
  }
}

async function digests(from = store): Promise<readonly string[]> {
  return (await from.blobs()).map(({ digest }) => digest).toSorted();
}

const sorted = (...graphs: readonly { readonly blobs: ReadonlyMap<Digest, unknown> }[]): readonly string[] =>
  [...new Set(graphs.flatMap(({ blobs }) => [...blobs.keys()]))].toSorted();

/** An index without what is below it. */
const alone = ({ root, blobs }: TestGraph): { readonly blobs: ReadonlyMap<Digest, unknown> } => ({
  blobs: new Map([[root.digest, blobs.get(root.digest)]]),
});

async function listed(name: string): Promise<readonly string[]> {
  return ((await store.reference(name))?.manifests ?? []).map(({ digest }) => digest);
}

const BOTH = { manifests: [ARM.root, S390.root], from: [{ name: NAME }] };

describe('dropping manifests of an index', () => {
  it('removes them with what only they need; the name, the index and the others stay', async () => {
    await keep(INDEX);
    await store.remember({ name: NAME, root: INDEX.root, manifests: MANIFESTS });
    const before = (await store.blobs()).reduce((sum, { size }) => sum + size, 0);
    const { manifests, bytes } = await store.dropManifests(BOTH);
    assert.deepEqual(manifests, [ARM.root.digest, S390.root.digest]);
    assert.deepEqual(await digests(), sorted(alone(INDEX), AMD));
    assert.equal(before - (await store.blobs()).reduce((sum, { size }) => sum + size, 0), bytes);
    assert.deepEqual(await listed(NAME), [AMD.root.digest]);
    await store.collect();
    assert.deepEqual(await digests(), sorted(alone(INDEX), AMD));
    assert.deepEqual((await store.dropManifests(BOTH)).manifests, []);
  });

  it('of a root without a name', async () => {
    await keep(INDEX);
    await store.remember({ root: INDEX.root, manifests: MANIFESTS });
    await store.dropManifests({ manifests: [ARM.root], from: [{ root: INDEX.root }] });
    assert.deepEqual(await digests(), sorted(alone(INDEX), AMD, S390));
    assert.equal((await store.references())[0]?.manifests.length, 2);
  });

  for (const [what, root, manifests, stays] of [
    ['another name of the same index', INDEX.root, MANIFESTS, true],
    ['another index', SMALLER.root, [ARM.root], true],
    ['its own name', ARM.root, [ARM.root], true],
    ['another index of which nothing is told', SMALLER.root, [], true],
    ['a name of the same index of which nothing is told', INDEX.root, [], true],
    ['another index that was not pulled for it', SMALLER.root, [S390.root], false],
    ['a name of the same index that was not pulled for it', INDEX.root, [AMD.root, S390.root], false],
  ] as const) {
    it(`${stays ? 'leaves' : 'removes'} one that is below ${what}`, async () => {
      await keep(INDEX);
      await keep(SMALLER);
      await store.remember({ name: NAME, root: INDEX.root, manifests: MANIFESTS });
      await store.remember({ name: 'docker.io/library/first:1', root: INDEX.root, manifests: [AMD.root] });
      await store.remember({ name: OTHER, root, manifests });
      const { manifests: gone } = await store.dropManifests({ manifests: [ARM.root], from: [{ name: NAME }] });
      assert.deepEqual(gone, stays ? [] : [ARM.root.digest]);
      const there = new Set(await digests());
      assert.deepEqual([...ARM.blobs.keys()].filter((digest) => !there.has(digest)).length > 0, !stays);
      for (const digest of sorted(AMD, S390)) assert.ok(there.has(digest));
      assert.deepEqual(await listed(NAME), [AMD.root.digest, S390.root.digest]);
      assert.deepEqual(
        await listed(OTHER),
        manifests.map(({ digest }) => digest),
      );
    });
  }

  it('changes nothing while somebody holds one of them', async () => {
    await keep(INDEX);
    await store.remember({ name: NAME, root: INDEX.root, manifests: MANIFESTS });
    for (const held of [S390.root, INDEX.root]) {
      const lease = await store.lease([held]);
      await rejects(store.dropManifests(BOTH), 'BUSY');
      assert.deepEqual(await digests(), sorted(INDEX));
      assert.equal((await listed(NAME)).length, 3);
      await lease.release();
    }
    await store.dropManifests(BOTH);
    assert.deepEqual(await digests(), sorted(alone(INDEX), AMD));
  });

  it('takes one that a disk has damaged', async () => {
    await keep(INDEX);
    await store.remember({ name: NAME, root: INDEX.root, manifests: MANIFESTS });
    writeFileSync(store.blobFile(ARM.root) ?? '', Buffer.alloc(ARM.root.size, 0x20));
    await store.dropManifests({ manifests: [ARM.root], from: [{ name: NAME }] });
    await store.collect();
    assert.deepEqual(await digests(), sorted(alone(INDEX), AMD, S390));
  });
});

describe('dropping that is killed', () => {
  it('leaves a whole store, at whichever call it was; the same once more comes to its end', async () => {
    let call = 1;
    let between = 0;
    for (let isDone = false; !isDone; call += 1) {
      const root = join(base, `${runs}-${call}`);
      store = await openDiskStore({ root, sync: false });
      await keep(INDEX);
      await store.remember({ name: NAME, root: INDEX.root, manifests: MANIFESTS });
      const stopping = stoppingFiles(call);
      isDone = await cameToEnd(async () => {
        const other = await openDiskStore({ root, sync: true, fs: stopping.fs, owners: DEAD });
        await other.dropManifests(BOTH);
      });
      stopping.closeAll();
      if (await checkWhole()) between += 1;
      store = await openDiskStore({ root, sync: false, owners: DEAD, lockTimings: TIMINGS });
      await store.dropManifests(BOTH);
      await store.collect();
      assert.deepEqual(await digests(), sorted(alone(INDEX), AMD));
      assert.deepEqual(await listed(NAME), [AMD.root.digest]);
      rmSync(root, { recursive: true });
    }
    assert.ok(call > 30 && between > 0, `${call} calls, ${between} of them between the beginning and the end`);
  });

  /** True where some of it was done. */
  async function checkWhole(): Promise<boolean> {
    const there = new Set(await digests());
    const names = new Set(await listed(NAME));
    for (const digest of sorted(alone(INDEX), AMD)) assert.ok(there.has(digest), `${digest} is gone`);
    for (const graph of [ARM, S390]) {
      // What a name lists is there, and a manifest that is there has all that it names.
      if (names.has(graph.root.digest)) assert.ok(there.has(graph.root.digest));
      if (there.has(graph.root.digest)) for (const digest of sorted(graph)) assert.ok(there.has(digest), digest);
    }
    return names.size === 1 && there.size > sorted(alone(INDEX), AMD).length;
  }
});
