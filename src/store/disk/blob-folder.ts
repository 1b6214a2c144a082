import { randomBytes } from 'node:crypto';
import type { Bytes } from '#bytes';
import type { CallOptions, Fetched, FetchOptions, Ingest, PutOptions, Store } from '#content';
import { throwIfCancelled } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { type Clock, systemClock } from '#timing';
import { asFailure } from '../failure.ts';
import { type FileSystem, systemFiles } from '../file-system.ts';
import { Turns } from '../turns.ts';
import type { Stem } from './adopt.ts';
import { digestNames, fetchBlob, hasBlob } from './blobs.ts';
import { Files } from './files.ts';
import { LockKeeper } from './lock.ts';
import type { LockTimings } from './lock-file.ts';
import type { OwnerProof } from './owner.ts';
import { openIngest, putBlob, type Taking } from './take.ts';

export interface BlobFolderOptions {
  /** False: nothing is flushed; a power cut may undo what was acknowledged. */
  readonly sync?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** For file systems that are shared over a slow network. All users of one root take the same. */
  readonly lockTimings?: Partial<LockTimings> | undefined;
  readonly fs?: FileSystem | undefined;
  /** How the death of another process is proven. */
  readonly owners?: OwnerProof | undefined;
}

/** What distinguishes one kind of folder from another. */
interface Kind {
  /** Others may read what is kept. */
  readonly shared: boolean;
  /** What is found out about layers is kept beside them. */
  readonly facts: boolean;
  readonly stem: (files: Files, digest: Digest) => Stem;
}

/** The store on disk: what is on its way stands apart, in `ingest`. */
export const STORE: Kind = {
  shared: false,
  facts: true,
  stem: (files, digest) => ({ folder: files.path('ingest'), name: digestNames(digest).join('-') }),
};

/** A layout for everybody: what is on its way has hidden names. */
export const LAYOUT: Kind = {
  shared: true,
  facts: false,
  stem(files, digest) {
    const [algorithm, hex] = digestNames(digest);
    return { folder: files.path('blobs', algorithm), name: `.dray-${hex}` };
  },
};

/** A folder with content in `blobs/<algorithm>/<hex>`; what it is besides, its heirs say. */
export abstract class BlobFolder implements Store {
  readonly root: string;
  protected readonly files: Files;
  protected readonly locks: LockKeeper;
  protected readonly clock: Clock;
  readonly #taking: Taking;
  #prepared: Promise<void> | undefined;

  constructor(root: string, kind: Kind, options: BlobFolderOptions) {
    const { sync = true, clock = systemClock, fs = systemFiles, lockTimings, owners } = options;
    this.root = root;
    this.clock = clock;
    const files = new Files({ root, fs, sync, id: randomBytes(6).toString('hex'), shared: kind.shared });
    this.files = files;
    this.locks = new LockKeeper({ fs, clock, timings: lockTimings, owners });
    const stem = (digest: Digest): Stem => kind.stem(files, digest);
    this.#taking = { files, locks: this.locks, turns: new Turns(), stem, facts: kind.facts };
  }

  async has(target: Descriptor): Promise<boolean> {
    return this.look(`looking for ${target.digest}`, () => hasBlob(this.files, target));
  }

  async fetch(target: Descriptor, options: FetchOptions = {}): Promise<Fetched> {
    return this.look(`reading ${target.digest}`, () => fetchBlob(this.files, target, options));
  }

  async put(target: Descriptor, content: Bytes, options: PutOptions = {}): Promise<void> {
    await this.change(`keeping ${target.digest}`, options, () => putBlob(this.#taking, target, content, options));
  }

  async ingest(target: Descriptor, options: PutOptions = {}): Promise<Ingest | undefined> {
    return this.change(`taking ${target.digest}`, options, () => openIngest(this.#taking, target, options));
  }

  /** Makes the folder what it has to be before something is kept in it. Called until it succeeds once. */
  protected abstract prepare(): Promise<void>;

  /** Does something to a folder that is prepared, with the file system's errors told. */
  protected async change<T>(doing: string, options: CallOptions, work: () => Promise<T>): Promise<T> {
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
      await this.prepare();
    } catch (error) {
      // Another call may fare better.
      this.#prepared = undefined;
      throw error;
    }
  }

  /** Looks at something, with the file system's errors told. */
  protected look<T>(doing: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asFailure(`${doing} in ${this.root}`, error);
    }
  }
}
