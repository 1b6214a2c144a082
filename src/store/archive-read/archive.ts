import type { Source } from '#content';
import type { Descriptor } from '#oci';

/** An image of an archive: what it is called there, and its root. */
export interface ArchivedImage {
  /** Full names, `docker.io/library/alpine:3.20`; none for an image that the archive knows by its digest alone. */
  readonly names: readonly string[];
  /** A manifest or an index. For an archive that has none (docker's format) one is made of its config and layers. */
  readonly root: Descriptor;
}

/** An image archive that is read in place. */
export interface ReadableArchive extends Source {
  readonly format: 'docker-archive' | 'oci-archive';
  /** In the archive's order. */
  readonly images: readonly ArchivedImage[];
  /** Closes the file and removes what was spooled. */
  close(): Promise<void>;
}
