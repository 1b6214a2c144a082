import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bytesOf, coveredBytes } from '#bytes';
import { cameToEnd, contentOf, forgetfulFiles, holds, layerOf, stoppingFiles } from '#testing';
import { systemClock } from '#timing';
import type { FileSystem } from '../file-system.ts';
import { type DiskStore, openDiskStore } from './disk-store.ts';
import type { Death, OwnerProof } from './owner.ts';

/** Everybody else is dead. */
const survivors = (death: Death): OwnerProof => ({ self: () => ({ pid: 1, scope: 'test' }), death: () => death });

const MANIFEST = contentOf(3000, 1);
const BLOB = contentOf(90_000, 2);
const LAYER = layerOf(10_000, 'gzip');
const EMPTY = contentOf(0);
const NAME = 'docker.io/library/app:1';

/** What the store has acknowledged so far. */
interface Acknowledged {
  readonly kept: Set<typeof MANIFEST>;
  received: number;
  named: boolean;
}

/** A run that uses everything; adds to `done` what was acknowledged. */
async function run(store: DiskStore, done: Acknowledged): Promise<void> {
  await store.put(MANIFEST.descriptor, bytesOf(MANIFEST.bytes));
  done.kept.add(MANIFEST);
  const first = await store.ingest(BLOB.descriptor);
  if (first !== undefined && first.have().length === 0) {
    first.write(0, BLOB.bytes.subarray(0, 30_000));
    first.write(60_000, BLOB.bytes.subarray(60_000, 70_000));
  }
  await first?.release();
  if (first !== undefined) done.received = 40_000;
  const second = await store.ingest(BLOB.descriptor);
  second?.write(0, BLOB.bytes);
  await commit(second);
  done.kept.add(BLOB);
  const layer = await store.ingest(LAYER.descriptor, { diffId: LAYER.diffId });
  layer?.write(0, LAYER.bytes);
  await commit(layer);
  done.kept.add(LAYER);
  await store.remember({ name: NAME, root: MANIFEST.descriptor, manifests: [], source: 'https://example.com' });
  done.named = true;
}

/** Once more from the start where bytes of an earlier run are wrong, as every user of an ingest does. */
async function commit(ingest: Awaited<ReturnType<DiskStore['ingest']>>): Promise<void> {
  if (ingest === undefined) return;
  try {
    await ingest.commit();
  } catch (error) {
    if (ingest.have().length > 0) throw error;
    ingest.write(0, ingest.target.digest === BLOB.descriptor.digest ? BLOB.bytes : LAYER.bytes);
    await ingest.commit();
  }
}

async function open(root: string, fs?: FileSystem, death: Death = 'exact'): Promise<DiskStore> {
  // A lock that was made but not written is only known to be dead by its standing still.
  const lockTimings = { beat: 10_000, stale: 10, poll: 1 };
  return openDiskStore({ root, owners: survivors(death), lockTimings, fs, sync: fs !== undefined });
}

const nothing = (): Acknowledged => ({ kept: new Set(), received: 0, named: false });

/** Runs until the n-th call, as a process that is killed there; undefined when it came to its end before. */
async function runUntil(call: number, root: string, inner?: FileSystem): Promise<Acknowledged | undefined> {
  const done = nothing();
  const stopping = stoppingFiles(call, inner);
  try {
    return (await cameToEnd(async () => run(await open(root, stopping.fs), done))) ? undefined : done;
  } finally {
    stopping.closeAll();
  }
}

/** A digest's name holds its bytes or nothing. */
function checkNames(root: string): void {
  const folder = join(root, 'blobs', 'sha256');
  for (const name of list(folder)) {
    assert.equal(
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
      name,
    );
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function checkAcknowledged(store: DiskStore, done: Acknowledged): Promise<void> {
  for (const content of done.kept) await holds(store, content);
  if (done.named) assert.deepEqual(await store.resolve(NAME), MANIFEST.descriptor);
}

/** The next run comes to its end, and leaves nothing that nobody needs. */
async function checkRecovery(root: string, death: Death): Promise<void> {
  const store = await open(root, undefined, death);
  const done = nothing();
  await run(store, done);
  await checkAcknowledged(store, done);
  checkNames(root);
  const clock = { ...systemClock, now: () => Date.now() + 2 * 24 * 60 * 60 * 1000 };
  const later = await openDiskStore({ root, clock, sync: false });
  await later.put(EMPTY.descriptor, bytesOf());
  assert.deepEqual(list(join(root, 'ingest')), []);
}

// Thousands of small files, and flushing is played: in memory where the system has a place for that.
const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dray-crash-'));
after(() => rmSync(base, { recursive: true }));

describe('a store whose process is killed', () => {
  for (const death of ['exact', 'likely'] as const) {
    it(`holds what it acknowledged, at whichever call it was (death of the owner: ${death})`, async () => {
      let call = 1;
      for (; ; call += 1) {
        const root = join(base, `kill-${death}-${call}`);
        const done = await runUntil(call, root);
        if (done === undefined) break;
        checkNames(root);
        const store = await open(root, undefined, death);
        await checkAcknowledged(store, done);
        await checkPartial(store, done.received);
        await checkRecovery(root, death);
        rmSync(root, { recursive: true });
      }
      assert.ok(call > 100, `only ${call} calls: does the test still see the file system?`);
    });
  }
});

/** What a released ingest had received is there for the next one, and what the next one says to have is true. */
async function checkPartial(store: DiskStore, received: number): Promise<void> {
  const ingest = await store.ingest(BLOB.descriptor);
  if (ingest === undefined) return;
  const have = [...ingest.have()];
  await ingest.release();
  assert.ok(coveredBytes(have) >= received, `${coveredBytes(have)} of ${received} bytes are known`);
  if (have.length === 0) return;
  const file = readFileSync(join(store.root, 'ingest', `sha256-${BLOB.descriptor.digest.slice(7)}.part`));
  for (const { start, end } of have) assert.ok(file.subarray(start, end).equals(BLOB.bytes.subarray(start, end)));
}

describe('a store whose machine loses power', () => {
  it('holds what it acknowledged, at whichever call it was', async () => {
    for (let call = 1; ; call += 1) {
      const disk = join(base, `power-${call}`);
      mkdirSync(disk);
      const forgetful = forgetfulFiles(disk);
      const done = await runUntil(call, join(disk, 'store'), forgetful.fs);
      if (done === undefined) break;
      for (const how of ['strict', 'zeros'] as const) {
        const now = `${disk}-${how}`;
        forgetful.cutPower(now, how);
        const root = join(now, 'store');
        checkNames(root);
        await checkAcknowledged(await open(root), done);
        await checkRecovery(root, 'exact');
        rmSync(now, { recursive: true });
      }
      rmSync(disk, { recursive: true });
    }
  });
});
