import type { CallOptions } from '#content';
import type { Descriptor } from '#oci';
import { bytesOfBlobs, type CopyBlob, type CopyBytes, type Taken } from './copied.ts';
import type { NamedSelection } from './to-archive.ts';

export interface CopyOptions extends CallOptions {
  /** One or several of `OS/ARCH[/VARIANT]`; everything that the image has by default. */
  readonly platform?: string | readonly string[] | undefined;
  /** Says what is the default. */
  readonly allPlatforms?: boolean | undefined;
  /** Further tags that the image gets where it goes. */
  readonly tags?: readonly string[] | undefined;
  /** False: what refers to the image (signatures, attestations, bills of material) stays behind. */
  readonly referrers?: boolean | undefined;
  /** Nothing is changed anywhere; the result tells what would be. */
  readonly dryRun?: boolean | undefined;
  /** Blobs in transfer at the same time; 6 by default. */
  readonly concurrency?: number | undefined;
}

/** What became of one image. */
export interface CopyResult {
  /** As it is named where it comes from. */
  readonly source: string;
  /** The place that it went to, `docker://localhost:5000/app:1`. */
  readonly target: string;
  /** As it is in the target: of a choice of platforms another one than at the source. */
  readonly root: Descriptor;
  /** Full names that it has in the target, or tags where those are all it has. */
  readonly names: readonly string[];
  /** Each blob once. */
  readonly blobs: readonly CopyBlob[];
  readonly bytes: CopyBytes;
  /** What stands beside the image and came along. */
  readonly referrers: readonly Descriptor[];
  /** True: nothing of it was done. */
  readonly dryRun: boolean;
}

/** The result of an image and what stands beside it. */
export function resultOf(
  list: readonly NamedSelection[],
  taken: readonly Taken[],
  { target, dryRun }: Pick<CopyResult, 'target' | 'dryRun'>,
): CopyResult {
  const [main] = list;
  const [first, ...others] = taken;
  if (main === undefined || first === undefined) throw new Error('nothing was taken');
  const blobs = [...new Map(taken.flatMap((one) => one.blobs).map((blob) => [blob.descriptor.digest, blob])).values()];
  return {
    source: main.selection.image.what,
    target,
    root: first.root,
    names: first.names,
    blobs,
    bytes: bytesOfBlobs(blobs),
    referrers: others.map(({ root }) => root),
    dryRun,
  };
}
