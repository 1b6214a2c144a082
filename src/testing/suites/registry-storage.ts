import { describe, it } from 'node:test';
import type { RegistryStorage } from '#serve';
import { blobCases } from './registry-storage-blobs.ts';
import { listCases } from './registry-storage-lists.ts';
import { manifestCases } from './registry-storage-manifests.ts';
import { referrerCases } from './registry-storage-referrers.ts';
import { removalCases } from './registry-storage-removals.ts';
import { severalCases } from './registry-storage-several.ts';
import { uploadEndCases } from './registry-storage-upload-ends.ts';
import { uploadCases } from './registry-storage-uploads.ts';

export interface OpenRegistryStorage {
  readonly storage: RegistryStorage;
  /** Another one for the same place, as a second process would open it. */
  readonly second?: (() => RegistryStorage) | undefined;
  close(): void;
}

export type RegistryStorageTest = (title: string, body: (place: OpenRegistryStorage) => Promise<void>) => void;

/**
 * What any place must do that a registry is kept in. The contract of `RegistryStorage` is this suite.
 * @param open a new, empty place for each case
 * @param isShared several processes may have one place
 */
export function registryStorageSuite(name: string, open: () => OpenRegistryStorage, isShared: boolean): void {
  const test: RegistryStorageTest = (title, body) => {
    it(title, async () => {
      const place = open();
      try {
        await body(place);
      } finally {
        place.close();
      }
    });
  };
  describe(`${name} as a registry's storage`, () => {
    blobCases(test);
    uploadCases(test);
    uploadEndCases(test);
    manifestCases(test);
    referrerCases(test);
    listCases(test);
    removalCases(test);
    if (isShared) severalCases(test);
  });
}
