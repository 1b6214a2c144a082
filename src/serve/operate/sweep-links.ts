import { join } from 'node:path';
import type { Digest } from '#oci';
import { addAll, type Pass } from './pass.ts';
import { lateRevisions } from './revisions.ts';
import { recover, type Withdrawn, withdraw } from './withdraw.ts';

/** Links that are taken away before it is looked whether somebody needs them by now. */
const BATCH = 1000;

export interface LinkSweep {
  readonly repository: string;
  /** What its manifests name. */
  readonly needed: Set<Digest>;
  /** The manifests that this is from, and when each was made or touched. */
  readonly known: ReadonlyMap<Digest, number>;
  /** Milliseconds. */
  readonly grace: number;
}

/**
 * Takes those blobs from a repository that no manifest of it names and that nobody was told of for the grace time. Gives those that it keeps to
 * `keep`. Who puts a manifest looks for its blobs before, which touches their links: so a link that was taken away in this instant shows
 * that, or the manifest is there by now; then the link comes back.
 */
export async function sweepLinks(pass: Pass, sweep: LinkSweep, keep: (digest: Digest) => void): Promise<void> {
  const { tree, now, dryRun } = pass;
  const { repository, needed, grace } = sweep;
  let batch: Digest[] = [];
  let any = false;
  for await (const digest of tree.digests(tree.paths.layers(repository))) {
    const stat = recover(tree, join(tree.paths.layer(repository, digest), 'link'), dryRun);
    if (stat === undefined) continue;
    if (needed.has(digest) || now - stat.mtimeMs < grace) {
      keep(digest);
      continue;
    }
    any = true;
    batch.push(digest);
    if (batch.length < BATCH) continue;
    await sweepBatch(pass, sweep, batch, keep);
    batch = [];
  }
  await sweepBatch(pass, sweep, batch, keep);
  if (!any || dryRun) return;
  // Bytes go only after the links to them have, for good.
  for (const algorithm of ['sha256', 'sha512']) {
    await pass.files.syncFolder(join(tree.paths.layers(repository), algorithm));
  }
}

async function sweepBatch(
  pass: Pass,
  { repository, needed, known, grace }: LinkSweep,
  batch: readonly Digest[],
  keep: (digest: Digest) => void,
): Promise<void> {
  const { tree, now, dryRun } = pass;
  const taken: (readonly [Digest, Withdrawn])[] = [];
  pass.lock?.assertHeld({ now: true });
  for (const digest of batch) {
    if (dryRun) {
      pass.removed({ kind: 'link', repository, name: digest, bytes: 0 });
      continue;
    }
    const withdrawn = withdraw(tree, join(tree.paths.layer(repository, digest), 'link'));
    if (withdrawn !== undefined && now - withdrawn.touched < grace) {
      withdrawn.restore();
      keep(digest);
    } else if (withdrawn !== undefined) taken.push([digest, withdrawn]);
    await tree.pace.next();
  }
  if (taken.length === 0) return;
  const isKnown = (digest: Digest, touched: number): boolean => known.get(digest) === touched;
  for await (const { names } of lateRevisions(tree, repository, isKnown)) addAll(needed, names ?? []);
  for (const [digest, withdrawn] of taken) {
    if (needed.has(digest)) {
      withdrawn.restore();
      keep(digest);
    } else {
      withdrawn.finish(1);
      pass.removed({ kind: 'link', repository, name: digest, bytes: 0 });
    }
    await tree.pace.next();
  }
}
