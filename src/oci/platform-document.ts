import type { Platform } from './platform.ts';

/** A platform as JSON documents have it: an image index, and the Engine API. */
export interface PlatformDocument {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
}

/** The fields that are known, in the order of the image index spec. */
export function platformDocument({ architecture, os, osVersion, osFeatures, variant }: Platform): PlatformDocument {
  return {
    architecture,
    os,
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    ...(osFeatures !== undefined && { 'os.features': osFeatures }),
    ...(variant !== undefined && { variant }),
  };
}
