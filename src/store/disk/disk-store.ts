import type { CallOptions, Ingest, PutOptions, Resolver, Store, Tagger } from '#content';
import type { Descriptor, Digest } from '#oci';
import type { LayerFacts } from '../layer-check.ts';
import { type BlobFolderOptions, STORE } from './blob-folder.ts';
import type { Collected, CollectOptions } from './collect.ts';
import type { Dropped, Dropping } from './drop-manifests.ts';
import { FolderStore } from './folder-store.ts';
import type { StoredBlob, StoredPartial } from './inventory.ts';
import type { Lease } from './leases.ts';
import type { NewReference, ReferenceKey, StoredReference } from './references.ts';

export interface DiskStoreOptions extends BlobFolderOptions {
  /** Folder of the store. Made when something is first kept. */
  readonly root: string;
}

/** The store on disk (docs/formats.md): content by digest, and names for roots. Any number of processes may use one root. */
export interface DiskStore extends Store, Resolver, Tagger {
  readonly root: string;
  ingest(target: Descriptor, options?: PutOptions): Promise<Ingest | undefined>;
  /** The file that holds a blob, for links and copies; never to be written. Undefined where the blob is not there. */
  blobFile(target: Descriptor): string | undefined;
  /** Drops a blob that a reader found to be corrupt, so that it is fetched again. True when it was there. */
  discard(digest: Digest, options?: CallOptions): Promise<boolean>;
  /** All blobs that are there, named or not. */
  blobs(options?: CallOptions): Promise<readonly StoredBlob[]>;
  /** What is there of blobs that are not, those that come in just now among them. */
  partials(options?: CallOptions): Promise<readonly StoredPartial[]>;
  /** Forgets what was received of a blob; false where it comes in just now, or nothing is there. */
  removePartial(digest: Digest, options?: CallOptions): Promise<boolean>;
  /**
   * Keeps content from being removed, whatever its names, until the lease is released or its process ends. It may be there or not: look for it after
   * the lease is taken. Where the store cannot be written, nothing can be promised, and nothing is.
   */
  lease(content: readonly Descriptor[], options?: CallOptions): Promise<Lease>;
  /** A folder on the store's disk for files that nobody else looks at and that are gone when the work is over. Made with the store. */
  workFolder(options?: CallOptions): Promise<string>;
  /**
   * Removes content that no name, no nameless root and no lease needs, and partial downloads beyond given bounds. Other processes may use the store
   * meanwhile. Rejects, with everything still there, where the documents of a named image cannot be read. Stopped in the middle it leaves a whole store.
   */
  collect(options?: CollectOptions): Promise<Collected>;
  /** What a layer is when uncompressed, where an earlier transfer has found it out. */
  layerFacts(digest: Digest): LayerFacts | undefined;
  rememberLayer(digest: Digest, facts: LayerFacts, options?: CallOptions): Promise<void>;
  /** What an uncompressed layer became when it was compressed; that need not be here. */
  compressed(digest: Digest): Descriptor | undefined;
  rememberCompressed(digest: Digest, compressed: Descriptor, options?: CallOptions): Promise<void>;
  /**
   * Gives a name its root, whose graph (as far as `manifests` goes) is there; without a name the root is kept by its digest alone. Manifests known
   * below the same root stay. The root that had the name before stays without a name, unless it has another.
   */
  remember(reference: NewReference, options?: CallOptions): Promise<void>;
  reference(name: string, options?: CallOptions): Promise<StoredReference | undefined>;
  /** All names, and the roots that have none. */
  references(options?: CallOptions): Promise<readonly StoredReference[]>;
  /** True when there was such a name, or such a root without one. The content stays. */
  removeReference(which: string | ReferenceKey, options?: CallOptions): Promise<boolean>;
  /**
   * Takes manifests below an index from references to it: they and what only they need go, unless another reference has them; the index stays. Rejects
   * with BUSY, with everything still there, where a lease holds one. Stopped in the middle it leaves a whole store; the same call, and
   * the next collection, do the rest.
   */
  dropManifests(dropping: Dropping, options?: CallOptions): Promise<Dropped>;
}

/**
 * Opens the store, which need not exist: nothing is made before something is kept. Costs one small read. Rejects with
 * STORE_INCOMPATIBLE where the folder holds something else or a store of a newer dray, with IO_FAILED where it cannot be read.
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<DiskStore> {
  const store = new FolderStore(options.root, STORE, options);
  store.open();
  return store;
}
