import { join } from 'node:path';
import type { Digest } from '#oci';
import type { RegistryTree } from './tree.ts';

export interface UsageVisitor {
  /** What is known already need not be looked up. */
  sizeOf(digest: Digest): number | undefined;
  found(repository: string, digest: Digest, size: number): void;
}

/** Visits every blob and manifest that the wanted repositories link, with its size in bytes. */
export async function eachLinked(
  tree: RegistryTree,
  isWanted: (repository: string) => boolean,
  { sizeOf, found }: UsageVisitor,
): Promise<void> {
  for await (const repository of tree.repositories()) {
    if (!isWanted(repository)) continue;
    for (const folder of [tree.paths.layers(repository), tree.paths.revisions(repository)]) {
      for await (const digest of tree.digests(folder)) {
        if (tree.stat(join(folder, digest.replace(':', '/'), 'link')) === undefined) continue;
        const size = sizeOf(digest) ?? tree.stat(tree.data(digest))?.size;
        if (size !== undefined) found(repository, digest, size);
      }
    }
  }
}
