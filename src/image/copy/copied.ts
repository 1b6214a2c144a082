import type { BlobWork, CopiedBlob } from '#content';
import { type Descriptor, isForeignLayerType } from '#oci';
import { manifestsOf, type Selection } from './selection.ts';

/** What became of a blob. */
export type BlobOutcome = 'copied' | 'mounted' | 'present' | 'skipped';

/** A blob of what was copied. */
export interface CopyBlob {
  readonly descriptor: Descriptor;
  /** `mounted`: from another repository of the registry. `skipped`: it is not for others to distribute. */
  readonly outcome: BlobOutcome;
}

/** What a place has taken of an image. */
export interface Taken {
  readonly root: Descriptor;
  /** Full names, or tags where there are only those. */
  readonly names: readonly string[];
  /** Each blob once. */
  readonly blobs: readonly CopyBlob[];
}

/** Bytes of blobs by what became of them. */
export interface CopyBytes {
  readonly total: number;
  readonly copied: number;
  readonly mounted: number;
  readonly present: number;
}

export function bytesOfBlobs(blobs: readonly CopyBlob[]): CopyBytes {
  const sum = (...wanted: readonly BlobOutcome[]): number =>
    blobs.reduce((all, { descriptor, outcome }) => all + (wanted.includes(outcome) ? descriptor.size : 0), 0);
  return {
    total: sum('copied', 'mounted', 'present'),
    copied: sum('copied'),
    mounted: sum('mounted'),
    present: sum('present'),
  };
}

/** Every blob that the manifests name, layers of images with what they must be when uncompressed. */
export function workOf(selection: Pick<Selection, 'nodes' | 'images'>): readonly BlobWork[] {
  const diffIds = new Map(
    selection.images.flatMap(({ document, config }) =>
      document.layers.map(({ digest }, at) => [digest, config.rootfs.diffIds[at]] as const),
    ),
  );
  return manifestsOf(selection).flatMap((manifest) => [
    { target: manifest.config, role: 'config' as const },
    ...manifest.layers.map((target) => ({ target, role: 'layer' as const, diffId: diffIds.get(target.digest) })),
  ]);
}

/** Layers that a registry need not hold (of Windows), which are not pushed, as docker does not: whoever pulls finds them by their addresses. */
export function isLeftOut({ mediaType, urls }: Descriptor): boolean {
  return isForeignLayerType(mediaType) && urls !== undefined && urls.length > 0;
}

/** What `copyBlobs` has done, and what it was not asked for. */
export function outcomes(copied: readonly CopiedBlob[], leftOut: readonly Descriptor[] = []): readonly CopyBlob[] {
  return [
    ...copied.map(({ target, present, mounted }): CopyBlob => {
      return { descriptor: target, outcome: present ? 'present' : mounted ? 'mounted' : 'copied' };
    }),
    ...leftOut.map((descriptor): CopyBlob => ({ descriptor, outcome: 'skipped' })),
  ];
}
