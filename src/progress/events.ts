import type { Descriptor, Digest } from '#oci';

/** What a blob is to the image that is being moved. Only layers get lines of their own. */
export type BlobRole = 'layer' | 'config' | 'manifest';

/**
 * A reference's work begins. `repository` is the path within the registry (of a push the full name, with the registry), `label` the tag or
 * digest that was asked for; empty for all tags.
 */
export interface ImageStarted {
  readonly kind: 'image-started';
  /** Familiar name with tag or digest: `alpine:3.20`. */
  readonly reference: string;
  readonly repository: string;
  readonly label: string;
  readonly action: 'pull' | 'push' | 'copy';
}

/** Everything of one manifest is known: how much there is and how much of it is already here. */
export interface ImagePlanned {
  readonly kind: 'image-planned';
  readonly reference: string;
  readonly manifest: Descriptor;
  readonly layers: readonly Descriptor[];
  /** What the layers are when uncompressed, in their order, where the config says it: docker calls them that while it pushes. */
  readonly diffIds?: readonly Digest[] | undefined;
  /** Bytes of all blobs, and of those that need not be fetched. */
  readonly total: number;
  readonly present: number;
  /** The image was here, and not only its layers, which may be another's; where it is not said, what `present` says. */
  readonly isKnown?: boolean | undefined;
}

export interface ImageDone {
  readonly kind: 'image-done';
  /** Familiar name with tag or digest. */
  readonly reference: string;
  /** The root that the name stands for: an index or a manifest. */
  readonly digest: Digest;
  /** Bytes of the root, and the tag that it got: told of what was pushed. */
  readonly size?: number | undefined;
  readonly label?: string | undefined;
  readonly status: 'downloaded' | 'up-to-date' | 'pushed' | 'copied';
}

/** A blob's transfer changes state. One of `queued`, `exists` comes first; `done`, `mounted`, `skipped` or `failed` last. */
export interface BlobState {
  readonly kind: 'blob';
  readonly digest: Digest;
  readonly size: number;
  readonly role: BlobRole;
  readonly state:
    | 'queued'
    | 'exists'
    /** Another process with the same root is fetching it and we wait for its result; of a push, others go first. */
    | 'waiting'
    /** It becomes what is moved in its place. */
    | 'compressing'
    /** What it became has taken its place: nothing more is heard of it. */
    | 'replaced'
    /** Bytes are asked for; `received` of them are here (of a push: there) from an earlier run. */
    | 'started'
    /** The registry has taken it over from another of its repositories. */
    | 'mounted'
    /** It is not for others to distribute, and stays where it is. */
    | 'skipped'
    | 'verifying'
    | 'done'
    | 'failed';
  /** Bytes of it that are here; of a push, there. */
  readonly received: number;
  /** Of one that is mounted: the repository's path, where it is known. */
  readonly from?: string | undefined;
}

/** Bytes arrived. At most one every 100 ms and blob, and always one at the end. */
export interface BlobProgress {
  readonly kind: 'blob-progress';
  readonly digest: Digest;
  readonly role: BlobRole;
  /** Bytes of the blob that are here now, those of earlier runs included. */
  readonly received: number;
  readonly size: number;
}

/** A transfer failed and will be tried again, from `received` on (0: from the start). */
export interface BlobRetry {
  readonly kind: 'blob-retry';
  readonly digest: Digest;
  readonly role: BlobRole;
  readonly attempt: number;
  /** Milliseconds until then. */
  readonly delay: number;
  readonly received: number;
  readonly reason: string;
}

/** A request as a whole is tried again (a 5xx, a 429, a connection that broke before the answer). */
export interface RequestRetry {
  readonly kind: 'request-retry';
  /** Method and URL, without query and credentials. */
  readonly request: string;
  readonly attempt: number;
  readonly delay: number;
  readonly reason: string;
}

/** An endpoint failed and the next one in the list is asked. */
export interface EndpointFailed {
  readonly kind: 'endpoint-failed';
  readonly endpoint: string;
  readonly reason: string;
}

/** Something the user should know that is no failure, one line, no escape sequences. */
export interface Warning {
  readonly kind: 'warning';
  readonly text: string;
}

/** A line that docker prints at this point, e.g. `Using default tag: latest`. */
export interface Notice {
  readonly kind: 'notice';
  readonly text: string;
}

/** An output file or folder is complete under its final name. */
export interface OutputWritten {
  readonly kind: 'output-written';
  readonly path: string;
  readonly format: 'docker-archive' | 'oci-archive' | 'oci-dir';
  readonly size: number;
}

/** Details for `--log-level debug`. Never a secret. */
export interface DebugNote {
  readonly kind: 'debug';
  readonly text: string;
}

/** Everything that long work says. Plain data: survives JSON and worker threads. */
export type ProgressEvent =
  | ImageStarted
  | ImagePlanned
  | ImageDone
  | BlobState
  | BlobProgress
  | BlobRetry
  | RequestRetry
  | EndpointFailed
  | Warning
  | Notice
  | OutputWritten
  | DebugNote;

/** Receives events, synchronously and in order. What it throws is a bug of its owner and ends the work. */
export type OnEvent = (event: ProgressEvent) => void;
