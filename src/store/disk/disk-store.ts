import { randomBytes } from 'node:crypto';
import type { Bytes } from '#bytes';
import type { CallOptions, Fetched, FetchOptions, Ingest, PutOptions, Resolver, Store, Tagger } from '#content';
import { DrayError, isDrayError, throwIfCancelled } from '#errors';
import { type Descriptor, type Digest, isIndexType } from '#oci';
import { type Clock, systemClock } from '#timing';
import { asFailure } from '../failure.ts';
import { type FileSystem, systemFiles } from '../file-system.ts';
import type { LayerFacts } from '../layer-check.ts';
import { Turns } from '../turns.ts';
import type { Stem } from './adopt.ts';
import { blobPath, digestNames, fetchBlob, hasBlob } from './blobs.ts';
import { readFacts, removeFacts, writeFacts } from './facts.ts';
import { Files } from './files.ts';
import { checkFormat, createFormat } from './format.ts';
import { LockKeeper } from './lock.ts';
import type { LockTimings } from './lock-file.ts';
import type { OwnerProof } from './owner.ts';
import {
  deleteReference,
  listReferences,
  type Naming,
  type NewReference,
  readReference,
  type StoredReference,
  unknownName,
  writeReference,
} from './references.ts';
import { sweepIngest } from './sweep.ts';
import { openIngest, putBlob, type Taking } from './take.ts';

export interface DiskStoreOptions {
  /** Folder of the store. Made when something is first kept. */
  readonly root: string;
  /** False: nothing is flushed; a power cut may undo what was acknowledged. */
  readonly sync?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** For file systems that are shared over a slow network. All users of one root take the same. */
  readonly lockTimings?: Partial<LockTimings> | undefined;
  readonly fs?: FileSystem | undefined;
  /** How the death of another process is proven. */
  readonly owners?: OwnerProof | undefined;
}

/** The store on disk (docs/formats.md): content by digest, and names for roots. Any number of processes may use one root. */
export interface DiskStore extends Store, Resolver, Tagger {
  readonly root: string;
  ingest(target: Descriptor, options?: PutOptions): Promise<Ingest | undefined>;
  /** The file that holds a blob, for links and copies; never to be written. Undefined where the blob is not there. */
  blobFile(target: Descriptor): string | undefined;
  /** Drops a blob that a reader found to be corrupt, so that it is fetched again. True when it was there. */
  discard(digest: Digest, options?: CallOptions): Promise<boolean>;
  /** What a layer is when uncompressed, where an earlier transfer has found it out. */
  layerFacts(digest: Digest): LayerFacts | undefined;
  rememberLayer(digest: Digest, facts: LayerFacts, options?: CallOptions): Promise<void>;
  /** Gives a name its root, whose graph (as far as `manifests` goes) is there. Manifests known below the same root stay. */
  remember(reference: NewReference, options?: CallOptions): Promise<void>;
  reference(name: string, options?: CallOptions): Promise<StoredReference | undefined>;
  references(options?: CallOptions): Promise<readonly StoredReference[]>;
  /** True when there was such a name. The content stays. */
  removeReference(name: string, options?: CallOptions): Promise<boolean>;
}

/**
 * Opens the store, which need not exist: nothing is made before something is kept. Costs one small read. Rejects with
 * STORE_INCOMPATIBLE where the folder holds something else or a store of a newer dray, with IO_FAILED where it cannot be read.
 */
export async function openDiskStore(options: DiskStoreOptions): Promise<DiskStore> {
  const store = new FolderStore(options);
  store.open();
  return store;
}

class FolderStore implements DiskStore {
  readonly root: string;
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #taking: Taking;
  readonly #naming: Naming;
  #prepared: Promise<void> | undefined;

  constructor(options: DiskStoreOptions) {
    const { root, sync = true, clock = systemClock, fs = systemFiles, lockTimings, owners } = options;
    this.root = root;
    this.#clock = clock;
    this.#files = new Files({ root, fs, sync, id: randomBytes(6).toString('hex') });
    const locks = new LockKeeper({ fs, clock, timings: lockTimings, owners });
    const stem = (digest: Digest): Stem => {
      return { folder: this.#files.path('ingest'), name: digestNames(digest).join('-') };
    };
    this.#taking = { files: this.#files, locks, turns: new Turns(), stem, facts: true };
    this.#naming = { files: this.#files, locks, clock };
  }

  open(): void {
    try {
      checkFormat(this.#files);
    } catch (error) {
      throw unusable(`opening the store ${this.root}`, error);
    }
  }

  async has(target: Descriptor): Promise<boolean> {
    return this.#trySync(`looking for ${target.digest}`, () => hasBlob(this.#files, target));
  }

  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<Fetched> {
    return this.#trySync(`reading ${target.digest}`, () => fetchBlob(this.#files, target, options));
  }

  async put(target: Descriptor, content: Bytes, options: PutOptions = {}): Promise<void> {
    await this.#change(`keeping ${target.digest}`, options, () => putBlob(this.#taking, target, content, options));
  }

  async ingest(target: Descriptor, options: PutOptions = {}): Promise<Ingest | undefined> {
    return this.#change(`taking ${target.digest}`, options, () => openIngest(this.#taking, target, options));
  }

  blobFile(target: Descriptor): string | undefined {
    const path = blobPath(this.#files, target.digest);
    return this.#trySync(`looking for ${path}`, () => (hasBlob(this.#files, target) ? path : undefined));
  }

  async discard(digest: Digest, options: CallOptions = {}): Promise<boolean> {
    throwIfCancelled(options.signal);
    return this.#trySync(`dropping ${digest}`, () => {
      removeFacts(this.#files, digest);
      return this.#files.remove(blobPath(this.#files, digest));
    });
  }

  layerFacts(digest: Digest): LayerFacts | undefined {
    return this.#trySync(`looking for facts of ${digest}`, () => readFacts(this.#files, digest));
  }

  async rememberLayer(digest: Digest, facts: LayerFacts, options: CallOptions = {}): Promise<void> {
    await this.#change(`remembering ${digest}`, options, () => writeFacts(this.#files, digest, facts));
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
    await this.#change(`naming ${reference.name}`, options, async () => {
      if (!hasBlob(this.#files, reference.root)) throw unknownName(this.root, reference.root.digest);
      await writeReference(this.#naming, reference, options);
    });
  }

  async reference(name: string, options: CallOptions = {}): Promise<StoredReference | undefined> {
    throwIfCancelled(options.signal);
    return this.#trySync(`looking for ${name}`, () => readReference(this.#files, name));
  }

  async references(options: CallOptions = {}): Promise<readonly StoredReference[]> {
    throwIfCancelled(options.signal);
    return this.#trySync('listing images', () => listReferences(this.#files));
  }

  async removeReference(name: string, options: CallOptions = {}): Promise<boolean> {
    if ((await this.reference(name, options)) === undefined) return false;
    return this.#change(`removing ${name}`, options, () => deleteReference(this.#naming, name, options));
  }

  /** Does something to a store that is there, with the file system's errors told. */
  async #change<T>(doing: string, options: CallOptions, work: () => Promise<T>): Promise<T> {
    throwIfCancelled(options.signal);
    try {
      this.#prepared ??= this.#prepare();
      await this.#prepared;
      return await work();
    } catch (error) {
      throw asFailure(`${doing} in ${this.root}`, error);
    }
  }

  async #prepare(): Promise<void> {
    try {
      if (!checkFormat(this.#files)) await createFormat(this.#files);
      sweepIngest(this.#files, this.#clock);
    } catch (error) {
      // Another call may fare better.
      this.#prepared = undefined;
      throw unusable(`making the store ${this.root}`, error);
    }
  }

  #trySync<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asFailure(`${doing} in ${this.root}`, error);
    }
  }
}

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
