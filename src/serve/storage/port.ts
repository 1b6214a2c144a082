import type { Bytes } from '#bytes';
import type { Descriptor, Digest } from '#oci';

/** A manifest or index as it was pushed. The same object is given again for as long as nothing changes, so that what is made of it can be kept with it. */
export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Nobody changes them. */
  readonly bytes: Uint8Array;
}

export interface StoredBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** The whole of it, where the storage has it in memory. */
  readonly bytes?: Uint8Array | undefined;
  /**
   * Its bytes from `start` to before `end`. A blob that is removed meanwhile is read to its end all the same. A chunk belongs to the reader
   * until the next one is asked for.
   */
  read(range: ByteSpan, options?: StorageOptions): Bytes;
}

/** From `start` to before `end`. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

export interface StorageOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface BlobOptions extends StorageOptions {
  /** True: only its size is wanted, nothing of it will be read. A cache then need not fetch it. */
  readonly sizeOnly?: boolean | undefined;
}

export interface PageOptions extends StorageOptions {
  /** Only what comes after this name, which itself need not be there. */
  readonly after?: string | undefined;
  /** Most names; all by default. */
  readonly limit?: number | undefined;
}

export interface Page {
  /** Sorted by their bytes. */
  readonly names: readonly string[];
  /** True: others follow. */
  readonly more: boolean;
}

/**
 * What a registry keeps: repositories with blobs, manifests and tags, and uploads under way. One suite (`#testing`) says what each of them does.
 *
 * Names have been checked by the caller. What is not there is `undefined` or `false`, never an error. What a write has resolved to survives
 * a crash of the process and of the machine, as far as the storage is told to sync; what is partial is never seen. Several processes may use
 * one storage, each sees at once what another one did. Failures of the storage are DrayErrors: DISK_FULL, IO_FAILED.
 */
export interface RegistryStorage {
  readonly uploads: UploadStorage;

  /** What this repository holds; that others hold it says nothing. */
  blob(repository: string, digest: Digest, options?: BlobOptions): Promise<StoredBlob | undefined>;
  /** Makes what `from` holds (any repository, when that is undefined) part of `repository` too. False: it does not hold it. */
  mountBlob(repository: string, digest: Digest, from: string | undefined, options?: StorageOptions): Promise<boolean>;
  /** The repositories that hold a blob, in no order. */
  holders(digest: Digest, options?: StorageOptions): AsyncIterable<string>;
  /** Takes a blob from a repository; others keep it. False: it was not there. */
  removeBlob(repository: string, digest: Digest, options?: StorageOptions): Promise<boolean>;

  manifest(repository: string, digest: Digest, options?: StorageOptions): Promise<StoredManifest | undefined>;
  tagged(repository: string, tag: string, options?: StorageOptions): Promise<StoredManifest | undefined>;
  /** Keeps a manifest, then points the tags at it. The digest is of the bytes; that is not checked again. */
  putManifest(
    repository: string,
    manifest: StoredManifest,
    tags: readonly string[],
    options?: StorageOptions,
  ): Promise<void>;
  /** Removes a manifest and the tags that point to it, which it resolves to. Undefined: it was not there. */
  removeManifest(repository: string, digest: Digest, options?: StorageOptions): Promise<readonly string[] | undefined>;
  /** Removes a tag alone; its manifest and other tags of it stay. False: it was not there. */
  removeTag(repository: string, tag: string, options?: StorageOptions): Promise<boolean>;
  /** Removes everything that `repository` itself has, uploads too; those below its name stay. False: it was not there. */
  removeRepository(repository: string, options?: StorageOptions): Promise<boolean>;

  /** Undefined: there is no such repository. A repository is there from its first blob or manifest on. */
  tags(repository: string, options?: PageOptions): Promise<Page | undefined>;
  repositories(options?: PageOptions): Promise<Page>;
  /** The manifests of a repository whose subject is `digest`, which itself need not be there; with artifact type and annotations, sorted by digest. */
  referrers(repository: string, digest: Digest, options?: StorageOptions): Promise<readonly Descriptor[]>;
}

/** Blobs on their way in. An upload is of one repository; another one does not see it. */
export interface UploadStorage {
  /** Resolves to the id of a new upload, of letters, digits and dashes. */
  begin(repository: string, options?: StorageOptions): Promise<string>;
  /** How many bytes have been kept. Undefined: there is no such upload. */
  size(repository: string, id: string, options?: StorageOptions): Promise<number | undefined>;
  /**
   * Adds to an upload and resolves to its new size. What arrived before `content` broke off is kept, so that the client can go on there.
   * Rejects with NOT_FOUND where there is no such upload, with BUSY where another request is writing to it, with CONFLICT where its size is
   * not `offset` (which it then names as `detail.size`); nothing is taken then. Rejects with NOT_FOUND too where it was ended meanwhile.
   */
  append(repository: string, id: string, piece: UploadPiece, options?: StorageOptions): Promise<number>;
  /**
   * Makes an upload a blob of the repository and resolves to its size; it is over then. Rejects with DIGEST_MISMATCH where the content is
   * another one (the upload is over then too), with NOT_FOUND, with BUSY. After a failure of the storage it may be tried again.
   */
  commit(repository: string, id: string, digest: Digest, options?: StorageOptions): Promise<number>;
  /** Ends an upload and drops its bytes. False: there was none. */
  cancel(repository: string, id: string, options?: StorageOptions): Promise<boolean>;
  /** A blob in one go, without an upload that could be continued; resolves to its size. Rejects with DIGEST_MISMATCH; nothing is kept then. */
  put(repository: string, digest: Digest, content: Bytes, options?: StorageOptions): Promise<number>;
}

export interface UploadPiece {
  /** Where it begins; undefined: wherever the upload ends. */
  readonly offset?: number | undefined;
  readonly content: Bytes;
}
