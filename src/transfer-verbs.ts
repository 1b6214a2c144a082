import { DrayError } from '#errors';
import {
  type CopyOptions,
  type CopyResult,
  copyImage,
  copyRepository,
  type ImportOptions,
  type ImportResult,
  importImage,
  type LoadOptions,
  type LoadResult,
  loadArchive,
  type PullOptions,
  type PullPlan,
  type PullResult,
  type PushOptions,
  type PushResult,
  planPull,
  pullAll,
  pushAll,
  registryOf,
  type SaveOptions,
  type SaveResult,
  type SeveralCopiesOptions,
  saveImages,
} from '#image';
import type { ArchiveOrigin } from '#store';
import type { Machine } from './machine.ts';

/** What moves images. */
export interface TransferVerbs {
  /** Pulls one image into the store and, with `output`, into a file. Resolves when everything is verified and in place; of several tags with the first. */
  pull(reference: string, options?: PullOptions): Promise<PullResult>;
  /** Pulls several; layers that they share are fetched once, and one output file holds them all. With `allTags`, one result per tag. */
  pullAll(references: readonly string[], options?: PullOptions): Promise<readonly PullResult[]>;
  /** What a pull would fetch. Rejects with UNSUPPORTED for docker's first format, which does not tell. */
  plan(reference: string, options?: PullOptions): Promise<PullPlan>;
  /**
   * Pushes an image of the store to the registry that its name says or, with `from`, one of an archive or a layout. Resolves when the name stands for it
   * there.
   */
  push(name: string, options?: PushOptions): Promise<PushResult>;
  /** Pushes several names in turn; with `allTags`, one result per tag. */
  pushAll(names: readonly string[], options?: PushOptions): Promise<readonly PushResult[]>;
  /**
   * Copies an image, its digests kept, between any two places: `docker://NAME` or a plain name, `store:NAME`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
   * `docker-archive:FILE[:NAME]`. One result per image: more than one where the source has several and the target says no name.
   */
  copy(from: string, to: string, options?: CopyOptions): Promise<readonly CopyResult[]>;
  /** Writes images of the store into one archive or layout; what they share is in it once. */
  save(images: readonly string[], options: SaveOptions): Promise<SaveResult>;
  /** Copies the images of all tags of a repository, or of those that the options choose, with their tags: one result per tag. */
  copyRepository(from: string, to: string, options?: SeveralCopiesOptions): Promise<readonly CopyResult[]>;
  /** Makes an image of one layer from the tar of a file system. */
  importImage(origin: ArchiveOrigin, options?: ImportOptions): Promise<ImportResult>;
  /** Loads all images of an archive (docker's or an OCI layout, plain or compressed) into the store; all of it, verified, or nothing. */
  load(origin: ArchiveOrigin, options?: LoadOptions): Promise<LoadResult>;
}

export function transferVerbs(machine: Machine): TransferVerbs {
  const pullSeveral: TransferVerbs['pullAll'] = async (references, options = {}) => {
    const { places, concurrency } = await machine.open(references);
    const { concurrency: own = concurrency } = options;
    return pullAll(references, places, { ...machine.forPlatform(options), concurrency: own });
  };
  const pushSeveral: TransferVerbs['pushAll'] = async (names, options = {}) => {
    const { places, concurrency } = await machine.open(names);
    return pushAll(names, places, { concurrency, ...options });
  };
  return {
    pushAll: pushSeveral,
    async push(name, options) {
      const [result] = await pushSeveral([name], options);
      if (result === undefined) throw new DrayError('NOT_FOUND', `nothing was pushed as ${name}`);
      return result;
    },
    async copy(from, to, options = {}) {
      const { places, concurrency } = await machine.openEnds(registryOf(from), registryOf(to));
      return copyImage(from, to, places, { concurrency, ...options });
    },
    async copyRepository(from, to, options = {}) {
      const { places, concurrency } = await machine.openEnds(registryOf(from), registryOf(to));
      return copyRepository(from, to, places, { concurrency, ...options });
    },
    pullAll: pullSeveral,
    async pull(reference, options) {
      const [result] = await pullSeveral([reference], options);
      if (result === undefined) throw new DrayError('NOT_FOUND', `nothing was pulled for ${reference}`);
      return result;
    },
    async plan(reference, options = {}) {
      const { places } = await machine.open([reference]);
      return planPull(reference, places, machine.forPlatform(options));
    },
    async save(images, options) {
      const { places } = await machine.open(images);
      return saveImages(images, places, options);
    },
    async importImage(origin, options = {}) {
      const { places } = await machine.open([]);
      return importImage(origin, places, machine.forPlatform(options));
    },
    async load(origin, options = {}) {
      const { places, concurrency } = await machine.open([]);
      const { concurrency: own = concurrency } = options;
      return loadArchive(origin, places, { ...options, concurrency: own });
    },
  };
}
