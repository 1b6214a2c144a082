import type { Digest } from '#oci';
import type { StoredManifest } from '../port.ts';

/** What one repository in memory has. */
export interface MemoryRepository {
  readonly blobs: Set<Digest>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, Digest>;
}

/** Repositories are there for as long as they have something. */
export class MemoryRepositories {
  readonly all: Map<string, MemoryRepository> = new Map();

  get(name: string): MemoryRepository | undefined {
    return this.all.get(name);
  }

  /** Makes it where it is not there; for those who put something into it at once. */
  of(name: string): MemoryRepository {
    let repository = this.all.get(name);
    if (repository === undefined) {
      repository = { blobs: new Set(), manifests: new Map(), tags: new Map() };
      this.all.set(name, repository);
    }
    return repository;
  }

  /** To be called after something was removed. */
  forgetEmpty(name: string): void {
    const repository = this.all.get(name);
    if (repository?.blobs.size === 0 && repository.manifests.size === 0) this.all.delete(name);
  }

  isHeld(digest: Digest): boolean {
    for (const { blobs } of this.all.values()) if (blobs.has(digest)) return true;
    return false;
  }
}
