import type { Reference } from '#oci';

/** Where an image is or is to be, as it was named on a command line. */
export type Place =
  | { readonly kind: 'registry'; readonly reference: Reference }
  /** `text` as it was typed: a name, an image ID or a digest. */
  | { readonly kind: 'store'; readonly text: string }
  | { readonly kind: 'oci-dir'; readonly path: string; readonly tag?: string | undefined }
  | { readonly kind: 'oci-archive'; readonly path: string; readonly tag?: string | undefined }
  | { readonly kind: 'docker-archive'; readonly path: string; readonly tag?: string | undefined }
  | EnginePlace;

/** `name` as the engine knows it: familiar, or an image ID, which has no reference. */
export interface EnginePlace {
  readonly kind: 'docker-daemon';
  readonly name: string;
  readonly reference?: Reference | undefined;
}

export type ArchivePlace = Extract<Place, { readonly kind: 'oci-archive' | 'docker-archive' }>;
export type PlaceKind = Place['kind'];
