import type { ByteRange, Bytes, PourableBytes } from '#bytes';
import type { Descriptor, Digest } from '#oci';
import type { OnEvent } from '#progress';

/** The last argument of every async public function. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
}

export interface FetchOptions extends CallOptions {
  /** First byte wanted; 0 by default. */
  readonly offset?: number | undefined;
  /** Byte after the last one wanted; the whole rest by default. A place may send more than that: the reader stops. */
  readonly end?: number | undefined;
}

/** Bytes from a place, not verified. */
export interface Fetched extends PourableBytes {
  /** Position in the blob of the first byte that comes: the offset asked for, or 0 where the place could not start there. */
  readonly offset: number;
}

/** A place content can be read from. Bytes are not verified here: whoever keeps them does that. */
export interface Source {
  has(target: Descriptor, options?: CallOptions): Promise<boolean>;
  /** Rejects with BLOB_UNKNOWN or MANIFEST_UNKNOWN where the place does not hold it. */
  fetch(target: Descriptor, options?: FetchOptions): Promise<Fetched>;
  /** True where the same bytes come every time: what is wrong is not asked for once more. */
  readonly steady?: boolean | undefined;
  /** Optional: plain data from which another thread can open the same source; undefined where it cannot. May hold a secret. */
  recipe?(options?: CallOptions): Promise<unknown>;
}

export interface PutOptions extends CallOptions {
  /** What a layer must be when uncompressed: checked while it arrives where it is given. */
  readonly diffId?: Digest | undefined;
}

/** A place content can be kept. */
export interface Store extends Source {
  /**
   * Keeps `content` if, and only if, it is exactly `target` (size, digest and, where given, diffId); visible at once and
   * whole, or not at all. Keeping it twice is no error. Rejects with SIZE_MISMATCH, DIGEST_MISMATCH, DIFF_ID_MISMATCH or CORRUPT_LAYER.
   */
  put(target: Descriptor, content: Bytes, options?: PutOptions): Promise<void>;
  /**
   * Optional: takes `target` in pieces, in any order, over several runs. Resolves with undefined when the content is
   * there already, also when another process has put it there while we waited for it.
   */
  ingest?(target: Descriptor, options?: PutOptions): Promise<Ingest | undefined>;
  /**
   * Optional: takes `target` from a reader that can begin at any offset, so that an interrupted transfer goes on where it stopped, also in
   * a later run. `read` gives the bytes from `offset` to the end.
   */
  upload?(target: Descriptor, read: (offset: number) => Promise<Bytes>, options?: UploadOptions): Promise<void>;
  /**
   * Optional: takes `target` from a sibling repository without moving bytes. `from` is its path within the same registry; undefined asks
   * for it wherever the registry has it. False: it has to be copied.
   */
  mount?(target: Descriptor, from: string | undefined, options?: CallOptions): Promise<boolean>;
}

export interface UploadOptions extends PutOptions {
  /** Called with the offset that the other side has now: once at the start, and as bytes are sent. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** Content on its way into a place. One owner at a time, in all processes. What it has been given outlives the process. */
export interface Ingest {
  readonly target: Descriptor;
  /** What is here already, sorted, apart from each other. A live view. */
  have(): readonly ByteRange[];
  /** Keeps `chunk` at `position`, synchronously; the caller may reuse the chunk afterwards. Pieces may come in any order, and twice. */
  write(position: number, chunk: Uint8Array): void;
  /** Forgets all that was received. */
  reset(): void;
  /**
   * Verifies size, digest and diffId, makes the content visible and lets go. On DIGEST_MISMATCH, DIFF_ID_MISMATCH or CORRUPT_LAYER
   * all received bytes are forgotten and the ingest stays open, for another try.
   */
  commit(options?: CallOptions): Promise<void>;
  /** Lets go and keeps what was received, for the next run. Does nothing when it is over already. */
  release(): Promise<void>;
  /** Optional: hands the work to another thread of this process. Undefined where it cannot. Until the loan ends nothing else is called. */
  lend?(): Loan | undefined;
}

/** An ingest that another thread does. Ends with `settle` or `reclaim`, when that thread touches it no more. */
export interface Loan {
  /** Plain data from which the other thread opens the ingest. */
  readonly terms: unknown;
  /** The other thread has verified the content and says what it found: makes the content visible and lets go, as `commit`. */
  settle(verified: unknown): Promise<void>;
  /** The other thread gave up: the ingest is open again, with what was received. */
  reclaim(): void;
}

/** Knows which root a name stands for. */
export interface Resolver {
  /** Rejects with MANIFEST_UNKNOWN or NAME_UNKNOWN. */
  resolve(name: string, options?: CallOptions): Promise<Descriptor>;
}

/** Can give a root a name. The root's whole graph is there before. */
export interface Tagger {
  tag(name: string, root: Descriptor, options?: CallOptions): Promise<void>;
}
