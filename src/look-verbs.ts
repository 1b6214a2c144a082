import type { CallOptions } from '#content';
import { type LookOptions, listTags, lookAtConfig, lookAtDigest, lookAtManifest, type ManifestResult } from '#image';
import type { Machine } from './machine.ts';

/** What looks at images where they are. */
export interface LookVerbs {
  manifest(reference: string, options?: LookOptions): Promise<ManifestResult>;
  /** The config blob of the image for one platform, as bytes of JSON. */
  config(reference: string, options?: LookOptions): Promise<Uint8Array>;
  /** Digest of what the name stands for (of the platform's manifest with `platform`). */
  digest(reference: string, options?: LookOptions): Promise<string>;
  /** Tags of a repository, in the registry's order. */
  tags(repository: string, options?: CallOptions): Promise<readonly string[]>;
}

export function lookVerbs(machine: Machine): LookVerbs {
  return {
    async manifest(reference, options) {
      const { places } = await machine.open([reference]);
      return lookAtManifest(reference, places, options);
    },
    async config(reference, options = {}) {
      const { places } = await machine.open([reference]);
      return lookAtConfig(reference, places, machine.forPlatform(options));
    },
    async digest(reference, options) {
      const { places } = await machine.open([reference]);
      return lookAtDigest(reference, places, options);
    },
    async tags(repository, options) {
      const { places } = await machine.open([repository]);
      return listTags(repository, places.registries, options);
    },
  };
}
