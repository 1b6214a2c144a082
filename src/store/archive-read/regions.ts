import type { Source } from '#content';
import { DrayError } from '#errors';
import type { Digest } from '#oci';
import { fetchBytes, fetchRegion } from '../archive-file/read-region.ts';
import { systemFiles } from '../file-system.ts';
import type { Stretch } from './entries.ts';

/** What another thread of this process needs to read an archive: files are open for all threads alike. Plain data. */
export interface RegionsRecipe {
  readonly kind: 'regions';
  readonly fd: number;
  readonly path: string;
  readonly regions: readonly (readonly [Digest, Stretch])[];
  /** What is not in the file: manifests that were made. */
  readonly made: readonly (readonly [Digest, Uint8Array])[];
}

export function isRegionsRecipe(value: unknown): value is RegionsRecipe {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'regions';
}

/** Opens, in another thread, what a recipe says. The owner keeps the file open meanwhile. */
export function openRegions({ fd, path, regions, made }: RegionsRecipe): Source {
  const known = new Map(regions);
  const documents = new Map(made);
  return {
    steady: true,
    has: async ({ digest, size }) => (documents.get(digest)?.length ?? known.get(digest)?.size) === size,
    async fetch({ digest }, options = {}) {
      const bytes = documents.get(digest);
      if (bytes !== undefined) return fetchBytes(bytes, options);
      const at = known.get(digest);
      if (at === undefined)
        throw new DrayError('BLOB_UNKNOWN', `${path} does not hold ${digest}`, { detail: { digest } });
      return fetchRegion({ fs: systemFiles, fd, base: at.offset, path }, at.size, options);
    },
  };
}
