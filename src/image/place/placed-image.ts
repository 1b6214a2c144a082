import type { Source } from '#content';
import type { Descriptor, Reference } from '#oci';
import type { Repository } from '#registry';
import type { FoundStored } from '../stored/find-stored.ts';
import type { PlaceKind } from './place.ts';

/** What stands in the same layout or archive. */
export interface Sibling {
  readonly root: Descriptor;
  /** Under which it is found there. */
  readonly tags: readonly string[];
}

/** An image where it was found. */
export interface PlacedImage {
  readonly place: PlaceKind;
  /** For messages: the image's name there. */
  readonly what: string;
  readonly source: Source;
  readonly root: Descriptor;
  /** The root's bytes where asking for it has brought them. */
  readonly rootBytes?: Uint8Array | undefined;
  /** Full names that it has there. */
  readonly names: readonly string[];
  /** In a layout or an archive: what finds it there and is no full name, a tag mostly. */
  readonly refs?: readonly string[] | undefined;
  /** In the store: what is kept of it. */
  readonly stored?: FoundStored | undefined;
  /** In a registry: as it was asked for, and where it was found. */
  readonly reference?: Reference | undefined;
  readonly repository?: Repository | undefined;
  /** In a layout or an archive: all that is in it. */
  readonly siblings?: readonly Sibling[] | undefined;
  /** An archive that has no manifests: one was made of its config and layers. */
  readonly made?: boolean | undefined;
}
