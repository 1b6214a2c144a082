import type { CallOptions } from '#content';
import type { Descriptor, Digest, JsonValue } from '#oci';
import type { ImageFile } from '../files/list-files.ts';

export interface CompareOptions extends CallOptions {
  /** `OS/ARCH[/VARIANT]` of both; the machine's own by default. */
  readonly platform?: string | undefined;
  /** True: shared layers that are not here are fetched, to tell what was added from what was changed. */
  readonly deep?: boolean | undefined;
}

/** In what a file of two images differs. Times are not compared: every build has its own. */
export type FileAspect = 'type' | 'mode' | 'owner' | 'size' | 'link' | 'device' | 'content';

export interface FileChange {
  /** `touched`: one image has its own here; whether the other one has a file there only the shared layers tell, which are not here. */
  readonly kind: 'added' | 'changed' | 'removed' | 'touched';
  readonly path: string;
  /** What each image has, as far as its own layers tell. */
  readonly a?: ImageFile;
  readonly b?: ImageFile;
  /** Of what was changed. */
  readonly aspects?: readonly FileAspect[];
}

export interface ConfigChange {
  /** `Cmd`, `Env.PATH`, `Labels.version`, `architecture`. */
  readonly field: string;
  /** Undefined where the image has none. */
  readonly a?: JsonValue;
  readonly b?: JsonValue;
}

export interface ComparedImage {
  readonly reference: string;
  readonly manifest: Digest;
  readonly id: Digest;
  readonly platform: string;
}

/** How two images differ, from `a` to `b`. */
export interface Comparison {
  readonly a: ComparedImage;
  readonly b: ComparedImage;
  /** Neither files nor config differ. */
  readonly equal: boolean;
  /** Sorted by path. */
  readonly files: readonly FileChange[];
  readonly config: readonly ConfigChange[];
  /** Those of both from the base on, and those of one alone. */
  readonly layers: {
    readonly shared: readonly Descriptor[];
    readonly a: readonly Descriptor[];
    readonly b: readonly Descriptor[];
  };
}
