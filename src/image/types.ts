import type { Writable } from 'node:stream';
import type { CallOptions } from '#content';
import type { Descriptor, Digest, Platform } from '#oci';

export type OutputFormat = 'docker-archive' | 'oci-archive' | 'oci-dir';

/** Where a pull also puts what it pulled. */
export interface OutputOptions {
  /**
   * A file (appears by rename only when complete; `.tar.gz` and `.tgz` are gzipped), a folder for `oci-dir`, or a folder named with a
   * slash at its end, which gets one file per reference.
   */
  readonly path?: string | undefined;
  /** In place of `path`: the archive as a stream. Not ended by dray. */
  readonly stream?: Writable | undefined;
  /** `docker-archive` by default; it is an OCI layout too. */
  readonly format?: OutputFormat | undefined;
}

export interface PullOptions extends CallOptions {
  /** One or several of `OS/ARCH[/VARIANT]`; the machine's own (linux on other systems) by default. */
  readonly platform?: string | readonly string[] | undefined;
  readonly allPlatforms?: boolean | undefined;
  /** Every tag of the repository; the references must have none. */
  readonly allTags?: boolean | undefined;
  readonly output?: OutputOptions | undefined;
  /** False: nothing is kept in the store; needs an output. */
  readonly store?: boolean | undefined;
  /** False: layers are checked by digest and size alone, not against the config's diff_ids. */
  readonly verifyLayers?: boolean | undefined;
  /** Layers in transfer at the same time; 6 by default. */
  readonly concurrency?: number | undefined;
}

export interface PulledLayer {
  readonly descriptor: Descriptor;
  /** True when not a byte of it had to be fetched. */
  readonly present: boolean;
}

/** One platform's image. */
export interface PulledImage {
  /** The image ID: the digest of the config. */
  readonly id: Digest;
  readonly platform: Platform;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly PulledLayer[];
}

/** One reference's outcome. */
export interface PullResult {
  /** Familiar name with tag or digest, `alpine:3.20`. */
  readonly reference: string;
  /** Full name, `docker.io/library/alpine:3.20`. */
  readonly fullName: string;
  /** What the name stands for in the registry: an index or a manifest. */
  readonly root: Descriptor;
  readonly images: readonly PulledImage[];
  readonly status: 'downloaded' | 'up-to-date';
  /** The endpoint that served it, e.g. `https://registry-1.docker.io`. */
  readonly endpoint: string;
  /** Bytes of blobs: all, fetched now, and here already. */
  readonly bytes: { readonly total: number; readonly fetched: number; readonly present: number };
}

/** What a pull would do; nothing but manifests and configs was fetched. */
export interface PullPlan {
  readonly reference: string;
  readonly fullName: string;
  readonly root: Descriptor;
  readonly endpoint: string;
  /** All platforms that the root has; those chosen come with their layers. */
  readonly platforms: readonly Platform[];
  readonly images: readonly PulledImage[];
  readonly bytes: { readonly total: number; readonly present: number };
}

/** An image in the store under one of its names, or without one. */
export interface StoredImage {
  /** Digest of the config of the platform that is shown. */
  readonly id: Digest;
  /** Familiar repository name, e.g. `alpine` or `host:5000/app`; undefined where it has none. */
  readonly repository: string | undefined;
  readonly tag: string | undefined;
  /** Digest of the root as the registry has it. */
  readonly digest: Digest;
  readonly platform: Platform;
  /** Bytes that the files of all layers hold, as docker counts; where that is not known, of the layers as they are. */
  readonly size: number;
  /** RFC 3339, from the config. */
  readonly created: string | undefined;
  /** RFC 3339. */
  readonly pulled: string;
  /** The endpoint that it came from; empty where it was made or named here. */
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ListImagesOptions extends CallOptions {
  /** `REPOSITORY[:TAG]`, familiar or full. */
  readonly reference?: string | undefined;
}

/** A manifest as the registry gave it. */
export interface ManifestResult {
  readonly fullName: string;
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface LookOptions extends CallOptions {
  /** With it, an index is followed to that platform's manifest. */
  readonly platform?: string | undefined;
}

export interface LoginOptions extends CallOptions {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly identityToken?: string | undefined;
}

export interface LoginResult {
  /** The key in config.json, e.g. `https://index.docker.io/v1/` or `localhost:5000`. */
  readonly server: string;
  readonly username: string | undefined;
  /** What holds the credential now: a file's path (unencrypted) or a helper's name. */
  readonly storedIn:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'helper'; readonly name: string };
}
