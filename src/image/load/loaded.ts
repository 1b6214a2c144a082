import type { CallOptions } from '#content';
import type { Descriptor, Digest, Platform } from '#oci';

export interface LoadOptions extends CallOptions {
  /** One or several of `OS/ARCH[/VARIANT]`; all that the archive has by default. */
  readonly platform?: string | readonly string[] | undefined;
  /** Blobs in transfer at the same time; 6 by default. */
  readonly concurrency?: number | undefined;
}

/** A name that stood for another image until now; that one stays without it. */
export interface MovedName {
  /** Familiar, `alpine:3.20`. */
  readonly name: string;
  /** ID of the image that had it. */
  readonly from: Digest;
}

/** An image that is in the store now. */
export interface LoadedImage {
  /** Familiar names that it got, `alpine:3.20`; none for one that is known by its ID alone. */
  readonly names: readonly string[];
  readonly moved: readonly MovedName[];
  /** The image ID: the digest of the config of the machine's own platform, or else of the first. */
  readonly id: Digest;
  readonly root: Descriptor;
  readonly platforms: readonly Platform[];
}

export interface LoadResult {
  readonly format: 'docker-archive' | 'oci-archive';
  readonly images: readonly LoadedImage[];
  /** Bytes of all content, and of what was here already. */
  readonly bytes: { readonly total: number; readonly present: number };
}
