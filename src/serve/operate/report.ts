import type { Removal } from './pass.ts';

/** What a run has removed, or would have. */
export interface Totals {
  readonly tags: number;
  readonly manifests: number;
  /** Blobs that were taken from repositories. */
  readonly links: number;
  /** Blobs that no repository has, put away until a later run deletes them. */
  readonly blobs: number;
  /** Bytes of those blobs. */
  readonly blobBytes: number;
  /** Blobs deleted that were put away, by an earlier run or this one. */
  readonly trash: number;
  readonly trashBytes: number;
  readonly uploads: number;
  readonly uploadBytes: number;
}

export interface MaintenanceReport extends Totals {
  readonly dryRun: boolean;
  readonly repositories: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Milliseconds of the longest piece of work for which everything else in the process had to wait. */
  readonly longest: number;
}

/** Counts removals. */
export class Tally {
  readonly #onRemoved: ((removal: Removal) => void) | undefined;
  readonly #counts = { tag: 0, manifest: 0, link: 0, blob: 0, trash: 0, upload: 0 };
  readonly #bytes = { blob: 0, trash: 0, upload: 0 };

  constructor(onRemoved: ((removal: Removal) => void) | undefined) {
    this.#onRemoved = onRemoved;
  }

  add(removal: Removal): void {
    const { kind, bytes } = removal;
    this.#counts[kind] += 1;
    if (kind === 'blob' || kind === 'trash' || kind === 'upload') this.#bytes[kind] += bytes;
    this.#onRemoved?.(removal);
  }

  get totals(): Totals {
    const { tag, manifest, link, blob, trash, upload } = this.#counts;
    const { blob: blobBytes, trash: trashBytes, upload: uploadBytes } = this.#bytes;
    return {
      tags: tag,
      manifests: manifest,
      links: link,
      blobs: blob,
      blobBytes,
      trash,
      trashBytes,
      uploads: upload,
      uploadBytes,
    };
  }
}
