import { dirname } from 'node:path';
import { type Digest, isDigest } from '#oci';
import type { RegistryTree } from './tree.ts';
import { recover } from './withdraw.ts';

/** A tag: what its link says, and when it was pushed, in milliseconds since the epoch. */
export interface TagLink {
  readonly tag: string;
  readonly digest: Digest;
  readonly pushed: number;
}

/** The tags of a repository. What an earlier run took away and did not decide on comes back, unless it is a dry run. */
export async function* readTags(tree: RegistryTree, repository: string, dryRun: boolean): AsyncGenerator<TagLink> {
  for await (const tag of tree.names(tree.paths.tags(repository))) {
    const link = tree.tagLink(repository, tag);
    const stat = recover(tree, link, dryRun);
    // Left by a run that was killed: docker's registry takes it for a tag.
    if (stat === undefined && !dryRun) tree.prune(dirname(link), 2);
    const digest = stat === undefined ? undefined : tree.text(link)?.trim();
    if (stat !== undefined && digest !== undefined && isDigest(digest)) yield { tag, digest, pushed: stat.mtimeMs };
  }
}
