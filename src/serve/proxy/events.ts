import type { ErrorCode } from '#errors';
import type { Digest } from '#oci';

/** Something that the cache did, for figures and the log. Bytes are those of blobs and manifests. */
export type PullThroughEvent =
  /** A request was answered from what is here, or had to wait for the upstream. A blob that is on its way already is a hit. */
  | {
      readonly kind: 'hit' | 'miss';
      readonly what: 'manifest' | 'blob';
      readonly upstream: string;
      readonly repository: string;
    }
  /** Bytes came from an upstream. */
  | {
      readonly kind: 'fetched';
      readonly what: 'manifest' | 'blob';
      readonly upstream: string;
      readonly repository: string;
      readonly bytes: number;
    }
  /** Bytes of a blob went to a client. */
  | { readonly kind: 'served'; readonly upstream: string; readonly repository: string; readonly bytes: number }
  /** The upstream could not say whether it is still right: what is here was served. */
  | {
      readonly kind: 'stale';
      readonly upstream: string;
      readonly repository: string;
      /** A tag; or `tags`, `referrers`. */
      readonly reference: string;
      readonly reason: string;
      /** True: it was not asked again, since it could not answer a moment ago. */
      readonly repeated: boolean;
    }
  /** An upstream did not give what was asked for. */
  | {
      readonly kind: 'failed';
      readonly upstream: string;
      readonly repository: string;
      readonly reference: string;
      readonly code: ErrorCode;
      readonly reason: string;
    }
  /** A blob was taken from the cache, from all of its repositories. */
  | { readonly kind: 'evicted'; readonly digest: Digest; readonly bytes: number };
