import type { CallOptions } from '#content';
import type { Descriptor, Platform } from '#oci';
import type { OutputOptions } from '../types.ts';

export interface SaveOptions extends CallOptions {
  /** A file, which appears complete or not at all, a stream, or for `oci-dir` a folder. */
  readonly output: OutputOptions;
  /** One or several of `OS/ARCH[/VARIANT]`; all that the store has of an image by default. */
  readonly platform?: string | readonly string[] | undefined;
  /** What the other side has, and is left out: archives and layouts by path, files with a digest a line, images of the store or a registry. */
  readonly without?: readonly string[] | undefined;
}

/** An image that is in the output. */
export interface SavedImage {
  /** Familiar name, `alpine:3.20`; undefined for one that was asked for by its ID. */
  readonly name: string | undefined;
  readonly root: Descriptor;
  readonly platforms: readonly Platform[];
}

export interface SaveResult {
  readonly images: readonly SavedImage[];
  /** Bytes written. */
  readonly size: number;
  /** Content that was left out, as `without` says. */
  readonly leftOut: readonly Descriptor[];
}
