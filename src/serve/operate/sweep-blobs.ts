import { dirname, join } from 'node:path';
import { errnoOf } from '#errors';
import type { Digest } from '#oci';
import { isAbsence } from '#store';
import type { Pass } from './pass.ts';
import type { RegistryTree } from './tree.ts';

/** Blobs that are put away before it is looked whether somebody has linked them meanwhile. */
const BATCH = 5000;

interface Times {
  /** Milliseconds. */
  readonly grace: number;
  readonly trash: number;
}

/**
 * Deletes what an earlier run put away and nobody links, brings back what somebody does. Who links something looks whether it is at its place
 * afterwards, and brings it back too.
 */
export async function emptyTrash(pass: Pass, linked: ReadonlySet<Digest>, { trash }: Times): Promise<void> {
  const { tree, now, dryRun } = pass;
  for await (const digest of tree.trashed()) {
    const stat = tree.stat(tree.paths.trashed(digest));
    if (stat === undefined) continue;
    if (linked.has(digest)) {
      if (!dryRun) await bringBack(pass, digest);
    } else if (now - stat.ctimeMs >= trash) {
      if (!dryRun) remove(pass, digest);
      pass.removed({ kind: 'trash', name: digest, bytes: stat.size });
    }
  }
}

/**
 * Puts away the bytes that no repository links and that are older than the grace time. They can be read there until a later run deletes them
 * (or this one, where `trash` is 0).
 */
export async function sweepBlobs(pass: Pass, linked: ReadonlySet<Digest>, times: Times): Promise<void> {
  const { tree, now } = pass;
  let batch = new Map<Digest, number>();
  for await (const digest of tree.blobs()) {
    if (linked.has(digest)) continue;
    const stat = tree.stat(tree.data(digest));
    if (stat === undefined || now - stat.mtimeMs < times.grace) continue;
    batch.set(digest, stat.size);
    if (batch.size < BATCH) continue;
    await sweepBatch(pass, batch, times);
    batch = new Map();
  }
  await sweepBatch(pass, batch, times);
}

/** As `sweepBlobs`, for blobs whose sizes are known, whatever their age. */
export async function sweepBatch(pass: Pass, batch: ReadonlyMap<Digest, number>, { trash }: Times): Promise<void> {
  const { tree, files, dryRun } = pass;
  const put = new Map(batch);
  if (!dryRun && batch.size > 0) {
    pass.lock?.assertHeld({ now: true });
    await putAway(pass, put);
    for await (const digest of linkedNow(tree, put)) {
      await bringBack(pass, digest);
      put.delete(digest);
    }
  }
  for (const [digest, bytes] of put) {
    pass.removed({ kind: 'blob', name: digest, bytes });
    await tree.pace.next();
    if (trash > 0) continue;
    if (!dryRun) remove(pass, digest);
    pass.removed({ kind: 'trash', name: digest, bytes });
  }
  if (put.size > 0 && !dryRun && trash <= 0) await files.syncFolder(tree.paths.trash);
}

/** Removes from `batch` what is gone by now. */
async function putAway({ tree, files }: Pass, batch: Map<Digest, number>): Promise<void> {
  await files.ensure(tree.paths.trash);
  const renamed = new Set<Digest>();
  for (const digest of batch.keys()) {
    const where = stow(tree, digest);
    if (where === 'gone') batch.delete(digest);
    if (where === 'renamed') renamed.add(digest);
    await tree.pace.next();
  }
  // A name in the trash is there for good before the one at its place goes.
  await files.syncFolder(tree.paths.trash);
  for (const digest of batch.keys()) {
    if (!renamed.has(digest)) tree.unlink(tree.data(digest));
    await tree.pace.next();
  }
}

function stow(tree: RegistryTree, digest: Digest): 'linked' | 'renamed' | 'gone' {
  const from = tree.data(digest);
  const to = tree.paths.trashed(digest);
  const copied = tree.copyName(from, to);
  if (copied === 'made') return 'linked';
  if (copied === 'missing') return 'gone';
  // What a run left there that was killed, or a file system without hard links.
  try {
    tree.fs.renameSync(from, to);
    return 'renamed';
  } catch (error) {
    if (isAbsence(error)) return 'gone';
    throw error;
  }
}

/** Those of `wanted` that some repository links. */
async function* linkedNow(tree: RegistryTree, wanted: ReadonlyMap<Digest, number>): AsyncGenerator<Digest> {
  for await (const repository of tree.repositories()) {
    for (const folder of [tree.paths.layers(repository), tree.paths.revisions(repository)]) {
      for await (const digest of tree.digests(folder)) {
        if (!wanted.has(digest)) continue;
        if (tree.stat(join(folder, digest.replace(':', '/'), 'link')) !== undefined) yield digest;
      }
    }
  }
}

async function bringBack({ tree, files }: Pass, digest: Digest): Promise<void> {
  const trashed = tree.paths.trashed(digest);
  const data = tree.data(digest);
  const folder = dirname(data);
  makeFolder(tree, folder);
  const copied = tree.copyName(trashed, data);
  // Without hard links: another one in its place is the same.
  if (copied === 'impossible') tree.fs.renameSync(trashed, data);
  await files.syncFolder(folder);
  await files.syncFolder(dirname(folder));
  tree.unlink(trashed);
}

function makeFolder({ fs }: RegistryTree, folder: string): void {
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

function remove({ tree }: Pass, digest: Digest): void {
  tree.unlink(tree.paths.trashed(digest));
  tree.prune(dirname(tree.data(digest)), 1);
}
