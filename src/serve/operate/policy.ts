import type { Digest } from '#oci';

/**
 * What may be written, beyond who may write: read-only mode, quotas, immutable tags. Each method throws an ApiError, or rejects with one, where
 * something is not allowed; it is asked before anything changes.
 */
export interface WritePolicy {
  /** Before any write to a repository, deletes included. */
  allowWrite?(repository: string): void | Promise<void>;
  /** Before `bytes` more are kept for a repository. For an upload of unknown length it is asked with what has arrived so far, at its end. */
  allowBytes?(repository: string, bytes: number): void | Promise<void>;
  /** Before a tag points to another digest, or to none. */
  allowTag?(repository: string, tag: string, change: TagChange): void | Promise<void>;
  /** Before a manifest is deleted; of the tags that point to it `allowTag` is asked as well. */
  allowDelete?(repository: string, digest: Digest): void | Promise<void>;
}

export interface TagChange {
  /** Undefined: there is no such tag yet. */
  readonly from: Digest | undefined;
  /** Undefined: the tag is to be deleted. */
  readonly to: Digest | undefined;
}
