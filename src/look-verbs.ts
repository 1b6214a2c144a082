import {
  type CompareOptions,
  type Comparison,
  compareImages,
  type ImageFile,
  type ListFilesOptions,
  type LookOptions,
  listFiles,
  listTags,
  lookAtConfig,
  lookAtDigest,
  lookAtManifest,
  type ManifestResult,
  type OpenImageOptions,
  readFile,
  type TagsOptions,
  type ValidateOptions,
  type Validation,
  validateImage,
} from '#image';
import type { Machine } from './machine.ts';

/** What looks at images where they are. */
export interface LookVerbs {
  manifest(reference: string, options?: LookOptions): Promise<ManifestResult>;
  /** The config blob of the image for one platform, as bytes of JSON. */
  config(reference: string, options?: LookOptions): Promise<Uint8Array>;
  /** Digest of what the name stands for (of the platform's manifest with `platform`). */
  digest(reference: string, options?: LookOptions): Promise<string>;
  /** What an image has at a path (its root by default), as unpacking would leave it; sorted. The store is asked first, then the registry. */
  list(image: string, options?: ListFilesOptions): Promise<readonly ImageFile[]>;
  /**
   * Content of a file, or of several one after the other; nothing comes before all are found and verified. Symbolic links are followed within
   * the image. Rejects with NOT_FOUND, or INVALID_OPTION for what is no file.
   */
  readFile(image: string, path: string | readonly string[], options?: OpenImageOptions): AsyncIterable<Uint8Array>;
  /** How two images differ, from the first to the second: files, config, layers. Layers that both have are not fetched. */
  compare(first: string, second: string, options?: CompareOptions): Promise<Comparison>;
  /**
   * Checks an image wherever it is: digests, sizes, diff_ids, tars, and that its documents agree. Resolves with every fault found; nothing is kept.
   * Rejects where it cannot be looked at.
   */
  validate(image: string, options?: ValidateOptions): Promise<Validation>;
  /** Tags of a repository, in the registry's order where no other is asked for. */
  tags(repository: string, options?: TagsOptions): Promise<readonly string[]>;
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
    async list(image, options = {}) {
      const { places } = await machine.open([image]);
      return listFiles(image, places, machine.forPlatform(options));
    },
    async *readFile(image, path, options = {}) {
      const { places } = await machine.open([image]);
      yield* readFile(image, [path].flat(), places, machine.forPlatform(options));
    },
    async compare(first, second, options = {}) {
      const { places } = await machine.open([first, second]);
      return compareImages(first, second, places, machine.forPlatform(options));
    },
    async validate(image, options = {}) {
      const { places } = await machine.open([image]);
      return validateImage(image, places, machine.forPlatform(options));
    },
    async tags(repository, options) {
      const { places } = await machine.open([repository]);
      return listTags(repository, places, options);
    },
  };
}
