import type { CallOptions, Ingest, PutOptions, Resolver, Store, Tagger } from '#content';
import { DrayError, isDrayError, throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, isIndexType } from '#oci';
import { asFailure, errnoOf } from '../failure.ts';
import type { LayerFacts } from '../layer-check.ts';
import { BlobFolder, type BlobFolderOptions, STORE } from './blob-folder.ts';
import { blobPath, hasBlob } from './blobs.ts';
import { type Collected, type CollectOptions, collect } from './collect.ts';
import { readCompressed, writeCompressed } from './compressed.ts';
import { readFacts, removeFacts, writeFacts } from './facts.ts';
import { checkFormat, createFormat } from './format.ts';
import { listBlobs, listPartials, removePartial, type StoredBlob, type StoredPartial } from './inventory.ts';
import { type Lease, NO_LEASE, takeLease } from './leases.ts';
import { deleteReference, type Naming, writeReference } from './naming.ts';
import {
  listReferences,
  type NewReference,
  type ReferenceKey,
  readReference,
  type StoredReference,
  unknownName,
} from './references.ts';
import { sweepIngest } from './sweep.ts';

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

class FolderStore extends BlobFolder implements DiskStore {
  get #naming(): Naming {
    const { files, locks, clock } = this;
    return { files, locks, clock };
  }

  open(): void {
    try {
      checkFormat(this.files);
    } catch (error) {
      throw unusable(`opening the store ${this.root}`, error);
    }
  }

  blobFile(target: Descriptor): string | undefined {
    const path = blobPath(this.files, target.digest);
    return this.look(`looking for ${path}`, () => (hasBlob(this.files, target) ? path : undefined));
  }

  async discard(digest: Digest, options: CallOptions = {}): Promise<boolean> {
    throwIfCancelled(options.signal);
    return this.look(`dropping ${digest}`, () => {
      removeFacts(this.files, digest);
      return this.files.remove(blobPath(this.files, digest));
    });
  }

  async blobs(options: CallOptions = {}): Promise<readonly StoredBlob[]> {
    throwIfCancelled(options.signal);
    return this.look('listing blobs', () => listBlobs(this.files));
  }

  async partials(options: CallOptions = {}): Promise<readonly StoredPartial[]> {
    throwIfCancelled(options.signal);
    return this.look('listing partial downloads', () => listPartials(this.files));
  }

  async removePartial(digest: Digest, options: CallOptions = {}): Promise<boolean> {
    return this.change(`forgetting ${digest}`, options, () => removePartial(this.files, this.locks, digest));
  }

  async lease(content: readonly Descriptor[], options: CallOptions = {}): Promise<Lease> {
    try {
      return await this.change('taking a lease', options, () => takeLease(this.#naming, content, options));
    } catch (error) {
      if (isDrayError(error) && READ_ONLY.has(errnoOf(error.cause) ?? '')) return NO_LEASE;
      throw error;
    }
  }

  async workFolder(options: CallOptions = {}): Promise<string> {
    const folder = this.files.path('ingest');
    await this.change('making a folder', options, () => this.files.ensure(folder));
    return folder;
  }

  async collect(options: CollectOptions = {}): Promise<Collected> {
    if (!this.look('opening', () => checkFormat(this.files))) return { blobs: [], partials: [], bytes: 0 };
    return this.change('removing what is not needed', options, () => collect(this.#naming, this, options));
  }

  layerFacts(digest: Digest): LayerFacts | undefined {
    return this.look(`looking for facts of ${digest}`, () => readFacts(this.files, digest));
  }

  async rememberLayer(digest: Digest, facts: LayerFacts, options: CallOptions = {}): Promise<void> {
    await this.change(`remembering ${digest}`, options, () => writeFacts(this.files, digest, facts));
  }

  compressed(digest: Digest): Descriptor | undefined {
    return this.look(`looking for facts of ${digest}`, () => readCompressed(this.files, digest));
  }

  async rememberCompressed(digest: Digest, compressed: Descriptor, options: CallOptions = {}): Promise<void> {
    await this.change(`remembering ${digest}`, options, () => writeCompressed(this.files, digest, compressed));
  }

  async resolve(name: string): Promise<Descriptor> {
    const reference = await this.reference(name);
    if (reference === undefined) throw unknownName(this.root, name);
    return reference.root;
  }

  async tag(name: string, root: Descriptor, options: CallOptions = {}): Promise<void> {
    await this.remember({ name, root, manifests: isIndexType(root.mediaType) ? [] : [root] }, options);
  }

  async remember(reference: NewReference, options: CallOptions = {}): Promise<void> {
    const { name, root } = reference;
    await this.change(`naming ${name ?? root.digest}`, options, async () => {
      if (!hasBlob(this.files, root)) throw unknownName(this.root, root.digest);
      await writeReference(this.#naming, reference, options);
    });
  }

  async reference(name: string, options: CallOptions = {}): Promise<StoredReference | undefined> {
    throwIfCancelled(options.signal);
    return this.look(`looking for ${name}`, () => readReference(this.files, { name }));
  }

  async references(options: CallOptions = {}): Promise<readonly StoredReference[]> {
    throwIfCancelled(options.signal);
    return this.look('listing images', () => listReferences(this.files));
  }

  async removeReference(which: string | ReferenceKey, options: CallOptions = {}): Promise<boolean> {
    throwIfCancelled(options.signal);
    const key: ReferenceKey = typeof which === 'string' ? { name: which } : which;
    const doing = `removing ${key.name ?? key.root?.digest}`;
    if (this.look(doing, () => readReference(this.files, key)) === undefined) return false;
    return this.change(doing, options, () => deleteReference(this.#naming, key, options));
  }

  protected override async prepare(): Promise<void> {
    try {
      if (!checkFormat(this.files)) await createFormat(this.files);
      sweepIngest(this.files, this.clock);
    } catch (error) {
      throw unusable(`making the store ${this.root}`, error);
    }
  }
}

const READ_ONLY: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** What the file system refused of the folder itself: another folder is the way out. */
function unusable(doing: string, error: unknown): unknown {
  const failure = asFailure(doing, error);
  if (!isDrayError(failure) || failure.code !== 'IO_FAILED') return failure;
  return new DrayError('IO_FAILED', failure.message, {
    hint: 'name a folder that can be written with --root or DRAY_ROOT, or go without a store: --no-store -o FILE',
    detail: failure.detail,
    cause: failure.cause,
  });
}
