import {
  type DescribedImage,
  type DescribeOptions,
  describeImage,
  type HistoryOptions,
  type HistoryStep,
  type ImageRows,
  type ImageRowsOptions,
  type InspectedImage,
  type InspectOptions,
  imageHistory,
  imageRows,
  inspectImage,
  type ListImagesOptions,
  listImages,
  type PruneOptions,
  type PruneResult,
  pruneStore,
  type RemoveOptions,
  type RemoveResult,
  removeImage,
  type StoredImage,
  type StoreUsage,
  storeUsage,
  type TagOptions,
  tagImage,
} from '#image';
import type { Machine } from './machine.ts';

/** What is about the images in the store; no registry is asked, unless a reference says so. */
export interface StoreVerbs {
  /** The images in the store, newest first. */
  images(options?: ListImagesOptions): Promise<readonly StoredImage[]>;
  /** The same, one for each ID with all its names, as docker's engine lists them. */
  imageRows(options?: ImageRowsOptions): Promise<ImageRows>;
  /** Gives an image another name. Resolves with it. */
  tag(reference: string, newName: string, options?: TagOptions): Promise<string>;
  /** Removes a name, or by an ID an image, and what nothing needs then. */
  remove(reference: string, options?: RemoveOptions): Promise<RemoveResult>;
  /** An image as docker's `image inspect` gives it. `docker://…`, `oci:…` and paths are looked at where they are. */
  inspect(reference: string, options?: InspectOptions): Promise<InspectedImage>;
  /** The same of the store alone, whatever the text looks like, and with what engines tell besides. */
  describe(reference: string, options?: DescribeOptions): Promise<DescribedImage>;
  /** How an image was made, the last step first. */
  history(reference: string, options?: HistoryOptions): Promise<readonly HistoryStep[]>;
  /** Where the room on the disk goes. */
  usage(options?: TagOptions): Promise<StoreUsage>;
  /** Removes images without a tag (or all), what nothing needs, and old partial downloads. What runs meanwhile loses nothing. */
  prune(options?: PruneOptions): Promise<PruneResult>;
}

export function storeVerbs(machine: Machine): StoreVerbs {
  return {
    async images(options) {
      return listImages(await machine.store(), machine.host(), options);
    },
    async imageRows(options) {
      return imageRows(await machine.store(), machine.host(), options);
    },
    async tag(reference, newName, options) {
      return tagImage(reference, newName, await machine.store(), options);
    },
    async remove(reference, options) {
      return removeImage(reference, await machine.store(), machine.host(), options);
    },
    async inspect(reference, options = {}) {
      const { places } = await machine.open([reference]);
      return inspectImage(reference, places, options);
    },
    async describe(reference, options) {
      const { places } = await machine.open([]);
      return describeImage(reference, places, options);
    },
    async history(reference, options = {}) {
      const { places } = await machine.open([reference]);
      return imageHistory(reference, places, options);
    },
    async usage(options) {
      return storeUsage(await machine.store(), machine.host(), options);
    },
    async prune(options = {}) {
      const bounds = await machine.partialBounds();
      return pruneStore(await machine.store(), machine.host(), {
        ...options,
        partials: { ...bounds, ...options.partials },
      });
    },
  };
}
