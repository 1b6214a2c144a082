import { createHash } from 'node:crypto';

/** The name of a repository as a part of a file's name: short, and unlike that of any other. */
export function repositoryKey(repository: string): string {
  return createHash('sha256').update(repository).digest('hex').slice(0, 20);
}
