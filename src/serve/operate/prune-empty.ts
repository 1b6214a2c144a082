import { join } from 'node:path';
import type { RegistryTree } from './tree.ts';

/** Folders of a repository without content, those inside first. */
const FOLDERS = [
  '_layers/sha256',
  '_layers/sha512',
  '_layers',
  '_manifests/revisions/sha256',
  '_manifests/revisions/sha512',
  '_manifests/revisions',
  '_manifests/tags',
  '_manifests',
  '_uploads',
];

/** Removes the folders of a repository that has nothing any more, and those above that are empty then: docker's registry lists it as long as they are there. */
export function pruneEmpty(tree: RegistryTree, repository: string): void {
  const folder = tree.paths.repository(repository);
  for (const inside of FOLDERS) tree.prune(join(folder, inside), 1);
  tree.prune(folder, repository.split('/').length);
}
