import type { Source } from '#content';
import type { Descriptor } from '#oci';
import type { DeltaTable } from '../archive-file/delta.ts';

/** An image of an archive: what it is called there, and its root. */
export interface ArchivedImage {
  /** Full names, `docker.io/library/alpine:3.20`; none for an image that the archive knows by its digest alone. */
  readonly names: readonly string[];
  /** What OCI's `ref.name` says, where that is no full name: a tag, mostly. Finds the image in the archive, and names it nowhere else. */
  readonly refs: readonly string[];
  /** A manifest or an index. For an archive that has none (docker's format) one is made of its config and layers. */
  readonly root: Descriptor;
}

/** An image archive that is read in place. */
export interface ReadableArchive extends Source {
  readonly format: 'docker-archive' | 'oci-archive';
  /** In the archive's order; at least one. */
  readonly images: readonly ArchivedImage[];
  /** Of a delta: what was left out of it, and where that is. */
  readonly delta?: DeltaTable | undefined;
  /** Closes the file and removes what was spooled. */
  close(): Promise<void>;
}

/** What an archive may ask for. */
export interface ArchiveLimits {
  /** Files, folders and links in it. */
  readonly entries: number;
  /** Bytes that a compressed archive, or one that comes as a stream, may unpack to; by default 4 GiB or a hundred times what came. */
  readonly unpacked?: number | undefined;
}
