import { type ListImagesOptions, listImages, type StoredImage } from '#image';
import type { Machine } from './machine.ts';

/** What is about the images in the store; no registry is asked. */
export interface StoreVerbs {
  /** The images in the store, newest first. */
  images(options?: ListImagesOptions): Promise<readonly StoredImage[]>;
}

export function storeVerbs(machine: Machine): StoreVerbs {
  return {
    async images(options) {
      return listImages(await machine.store(), machine.host(), options);
    },
  };
}
