import type { CallOptions } from '#content';
import type { Descriptor } from '#oci';
import type { CopyBlob, CopyBytes } from '../copy/copied.ts';

export interface PushOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]`: its manifest alone; everything that is there by default. */
  readonly platform?: string | readonly string[] | undefined;
  /** Every tag that the store has of the repository; the names must have none. */
  readonly allTags?: boolean | undefined;
  /** An archive or a layout that is pushed, in place of the image of that name in the store. */
  readonly from?: string | undefined;
  /** Layers in transfer at the same time; 6 by default. */
  readonly concurrency?: number | undefined;
}

/** One name's outcome. */
export interface PushResult {
  /** Familiar name with tag: `app:1`. */
  readonly reference: string;
  /** Full name: `docker.io/library/app:1`. */
  readonly fullName: string;
  /** What the name stands for in the registry now. */
  readonly root: Descriptor;
  /** Each blob once. */
  readonly blobs: readonly CopyBlob[];
  readonly bytes: CopyBytes;
}
