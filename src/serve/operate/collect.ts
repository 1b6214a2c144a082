import type { Digest } from '#oci';
import type { CollectRules } from './options.ts';
import { addAll, type Pass } from './pass.ts';
import { pruneEmpty } from './prune-empty.ts';
import { type Revision, readRevisions } from './revisions.ts';
import { emptyTrash, sweepBlobs } from './sweep-blobs.ts';
import { sweepLinks } from './sweep-links.ts';
import { sweepUntagged } from './sweep-untagged.ts';
import { readTags } from './tag-links.ts';

const MINUTE = 60_000;

export interface CollectOptions {
  readonly rules: CollectRules;
  /** Milliseconds that the untagged manifests of a repository are kept, as retention says; undefined: it says nothing. */
  untagged(repository: string): number | undefined;
}

/**
 * Removes what nothing needs from all repositories, while others push and pull: first manifests that nothing leads to (where that is wanted),
 * then blobs of a repository that no manifest of it names, then bytes that no repository has. Children of indexes stay as long as the index
 * does. Stopped at any point, the next run goes on. Resolves to the number of repositories.
 */
export async function collect(pass: Pass, options: CollectOptions): Promise<number> {
  const { grace = 60 * MINUTE, trash = 10 * MINUTE, deleteUntagged = false, untagged = grace } = options.rules;
  const linked = new Set<Digest>();
  let count = 0;
  for await (const repository of pass.tree.repositories()) {
    count += 1;
    const age = options.untagged(repository) ?? (deleteUntagged ? untagged : undefined);
    await collectRepository(pass, repository, { grace, age }, linked);
  }
  await emptyTrash(pass, linked, { grace, trash });
  await sweepBlobs(pass, linked, { grace, trash });
  return count;
}

async function collectRepository(
  pass: Pass,
  repository: string,
  { grace, age }: { readonly grace: number; readonly age: number | undefined },
  linked: Set<Digest>,
): Promise<void> {
  const { tree, dryRun } = pass;
  const needed = new Set<Digest>();
  const known = new Map<Digest, number>();
  let broken: Digest | undefined;
  const take = ({ digest, touched, names }: Revision): void => {
    known.set(digest, touched);
    linked.add(digest);
    if (names === undefined) broken = digest;
    else addAll(needed, names);
  };
  if (age === undefined) {
    for await (const revision of readRevisions(tree, repository, dryRun)) take(revision);
  } else {
    for (const revision of (await sweepUntagged(pass, repository, age)).values()) take(revision);
  }
  for await (const { digest } of readTags(tree, repository, dryRun)) linked.add(digest);
  let isEmpty = known.size === 0;
  const keep = (digest: Digest): void => {
    isEmpty = false;
    linked.add(digest);
  };
  if (broken !== undefined) {
    pass.notice(
      `${repository}: the manifest ${broken} has no content; delete it or push it again, until then every blob here is kept`,
    );
  }
  await sweepLinks(pass, { repository, needed, known, grace: broken === undefined ? grace : Infinity }, keep);
  if (isEmpty && !dryRun) pruneEmpty(tree, repository);
}
