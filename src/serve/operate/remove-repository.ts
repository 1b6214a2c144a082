import { DrayError } from '#errors';
import { isRepositoryPath, quoted } from '#oci';
import type { RegistryStorage, StorageOptions } from '../storage/port.ts';

/**
 * Removes a repository with its manifests, tags and uploads; those below its name stay. Bytes that no other one has go with the next collection.
 * Rejects with INVALID_REFERENCE for a text that is no name, with NAME_UNKNOWN where there is no such repository.
 */
export async function removeRepository(
  storage: RegistryStorage,
  repository: string,
  options: StorageOptions = {},
): Promise<void> {
  if (!isRepositoryPath(repository)) {
    const hint = 'a repository is named without registry and tag: team/app';
    throw new DrayError('INVALID_REFERENCE', `${quoted(repository)} is no name of a repository`, { hint });
  }
  if (!(await storage.removeRepository(repository, options))) {
    throw new DrayError('NAME_UNKNOWN', `there is no repository ${repository}`);
  }
}
