import { join } from 'node:path';
import type { Digest } from '#oci';
import { discard } from './discard.ts';
import type { Pass } from './pass.ts';
import { lateRevisions, type Revision, readRevisions } from './revisions.ts';
import { readTags } from './tag-links.ts';
import { type Withdrawn, withdraw } from './withdraw.ts';

/**
 * Removes from a repository what no tag leads to and what is older than `age` milliseconds, and resolves to the manifests that stay. A tag leads to
 * what it points to, to all that this names (children, a subject), and to what refers to any of it. What a tag pointed to within that time
 * stays as well: somebody may be pulling it. A tag or manifest that comes in this very instant brings back what it leads to.
 */
export async function sweepUntagged(
  pass: Pass,
  repository: string,
  age: number,
): Promise<ReadonlyMap<Digest, Revision>> {
  const { tree, now, dryRun } = pass;
  const revisions = new Map<Digest, Revision>();
  for await (const revision of readRevisions(tree, repository, dryRun)) revisions.set(revision.digest, revision);
  const graph = new Graph(revisions);
  for (const { digest, touched } of revisions.values()) if (now - touched < age) graph.keep(digest);
  await keepTagged(pass, repository, graph, age);
  const unneeded = [...revisions.keys()].filter((digest) => !graph.kept.has(digest));
  if (unneeded.length === 0) return revisions;
  const taken = new Map<Digest, Withdrawn>();
  pass.lock?.assertHeld({ now: true });
  for (const digest of dryRun ? [] : unneeded) {
    const withdrawn = withdraw(tree, join(tree.paths.revision(repository, digest), 'link'));
    if (withdrawn !== undefined) taken.set(digest, withdrawn);
    if (withdrawn !== undefined && now - withdrawn.touched < age) graph.keep(digest);
    await tree.pace.next();
  }
  if (taken.size > 0) {
    await keepTagged(pass, repository, graph, age);
    const isKnown = (digest: Digest, touched: number): boolean => revisions.get(digest)?.touched === touched;
    for await (const late of lateRevisions(tree, repository, isKnown)) {
      graph.add(late);
      graph.keep(late.digest);
    }
  }
  for (const digest of unneeded) {
    if (graph.kept.has(digest)) taken.get(digest)?.restore();
    else {
      taken.get(digest)?.finish(1);
      if (!dryRun) await removeRest(pass, tree.paths.revision(repository, digest));
      revisions.delete(digest);
      pass.removed({ kind: 'manifest', repository, name: digest, bytes: 0 });
    }
    await tree.pace.next();
  }
  if (taken.size > 0) {
    for (const algorithm of ['sha256', 'sha512']) {
      await pass.files.syncFolder(join(tree.paths.revisions(repository), algorithm));
    }
  }
  return revisions;
}

/** What stands beside the link, unless the manifest was pushed again in this instant. */
async function removeRest(pass: Pass, folder: string): Promise<void> {
  const { tree } = pass;
  const isUnlinked = (aside: string): boolean => tree.stat(join(aside, 'link')) === undefined;
  if (tree.stat(folder) !== undefined && isUnlinked(folder)) await discard(pass, folder, isUnlinked);
}

async function keepTagged({ tree, now, dryRun }: Pass, repository: string, graph: Graph, age: number): Promise<void> {
  for await (const { tag, digest, pushed } of readTags(tree, repository, dryRun)) {
    graph.keep(digest);
    if (now - pushed >= age) continue;
    const history = join(tree.paths.tag(repository, tag), 'index');
    for await (const former of tree.digests(history)) graph.keep(former);
  }
}

/** What leads to what among the manifests of a repository. */
class Graph {
  readonly kept = new Set<Digest>();
  readonly #revisions: Map<Digest, Revision>;
  readonly #referrers = new Map<Digest, Digest[]>();

  constructor(revisions: ReadonlyMap<Digest, Revision>) {
    this.#revisions = new Map();
    for (const revision of revisions.values()) this.add(revision);
  }

  add(revision: Revision): void {
    const { digest, subject } = revision;
    this.#revisions.set(digest, revision);
    if (subject === undefined) return;
    const others = this.#referrers.get(subject);
    if (others === undefined) this.#referrers.set(subject, [digest]);
    else if (!others.includes(digest)) others.push(digest);
    if (this.kept.has(subject)) this.keep(digest);
  }

  /** Keeps `digest` and all that it leads to. */
  keep(digest: Digest): void {
    const waiting = [digest];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.kept.has(next)) continue;
      this.kept.add(next);
      for (const each of this.#revisions.get(next)?.names ?? []) if (this.#revisions.has(each)) waiting.push(each);
      waiting.push(...(this.#referrers.get(next) ?? []));
    }
  }
}
