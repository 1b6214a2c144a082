import {
  type ExportOptions,
  type ExportResult,
  exportImage,
  type UnpackOptions,
  type UnpackResult,
  unpackImage,
} from '#image';
import type { Machine } from './machine.ts';

/** What takes images apart. */
export interface UnpackVerbs {
  /**
   * Unpacks one platform's image (of the store, a registry, an archive or a layout) into `folder`, which must not exist or be empty. Nothing outside
   * of it is touched; when it rejects, it is as it was.
   */
  unpack(image: string, folder: string, options?: UnpackOptions): Promise<UnpackResult>;
  /** Writes the files of one platform's image as one tar, the same bytes for the same image. */
  export(image: string, options: ExportOptions): Promise<ExportResult>;
}

export function unpackVerbs(machine: Machine): UnpackVerbs {
  return {
    async unpack(image, folder, options = {}) {
      const { places } = await machine.open([image]);
      return unpackImage(image, folder, places, machine.forPlatform(options));
    },
    async export(image, options) {
      const { places } = await machine.open([image]);
      return exportImage(image, places, machine.forPlatform(options));
    },
  };
}
