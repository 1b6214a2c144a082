import {
  type BlobWork,
  type CallOptions,
  createLimit,
  type Fetched,
  type FetchOptions,
  type Ingest,
  type PutOptions,
  type Store,
} from '#content';
import { DrayError } from '#errors';
import { type Descriptor, type Digest, isDocumentType, isIndexType } from '#oci';
import type { DiskStore } from '#store';
import type { Staged } from './staged.ts';
import { StagedBytes } from './staged-bytes.ts';
import { StagedFile } from './staged-file.ts';

/** Flushed at the same time. */
const AT_ONCE = 8;

/** Content up to this size is held in memory, */
const SMALL = 128 * 1024;
/** so much of it together. */
const MOST_SMALL = 32 * 1024 * 1024;

/**
 * Takes content on its way into a store without making any of it visible: that is done for all at once, when all of it is verified. Whatever is
 * missing is held by this process from the start, so that two who load the same never wait for each other.
 */
export class Staging implements Store {
  readonly #store: DiskStore;
  readonly #held: ReadonlyMap<Digest, Staged>;

  private constructor(store: DiskStore, held: ReadonlyMap<Digest, Staged>) {
    this.#store = store;
    this.#held = held;
  }

  /** Waits for whoever else brings one of these blobs. */
  static async open(store: DiskStore, work: readonly BlobWork[], options: CallOptions): Promise<Staging> {
    const held = new Map<Digest, Staged>();
    const staging = new Staging(store, held);
    // In one order for everybody: nobody holds what comes later while he waits.
    const ordered = work.toSorted(byDigest);
    let small = MOST_SMALL;
    try {
      for (const { target, diffId } of ordered) {
        if (held.has(target.digest) || (await store.has(target, options))) continue;
        if (target.size <= Math.min(SMALL, small)) {
          small -= target.size;
          held.set(target.digest, new StagedBytes(target, diffId, store));
          continue;
        }
        const owner = await store.ingest(target, { diffId, ...options });
        if (owner !== undefined) held.set(target.digest, new StagedFile(owner));
      }
      return staging;
    } catch (error) {
      await staging.discard();
      throw error;
    }
  }

  has(target: Descriptor, options?: CallOptions): Promise<boolean> {
    return this.#store.has(target, options);
  }

  fetch(target: Descriptor, options?: FetchOptions): Promise<Fetched> {
    return this.#store.fetch(target, options);
  }

  async put(target: Descriptor): Promise<void> {
    throw new DrayError('BUG', `${target.digest} is to be taken in pieces`);
  }

  async ingest(target: Descriptor, _options?: PutOptions): Promise<Ingest | undefined> {
    return this.#held.get(target.digest);
  }

  /** Makes everything visible, documents after what they name. All of it has been verified before. */
  async publish(work: readonly BlobWork[]): Promise<void> {
    const targets = [...new Map(work.map(({ target }) => [target.digest, target])).values()];
    const isDocument = ({ mediaType }: Descriptor): boolean => isDocumentType(mediaType);
    await this.#publishAll(targets.filter((target) => !isDocument(target)));
    await this.#publishAll(targets.filter((target) => isDocument(target) && !isIndexType(target.mediaType)));
    // Indexes stand in indexes.
    for (const target of targets) if (isIndexType(target.mediaType)) await this.#publishAll([target]);
  }

  /** Several at a time: what takes long is the disk. */
  async #publishAll(targets: readonly Descriptor[]): Promise<void> {
    const places = createLimit(AT_ONCE);
    const done = await Promise.allSettled(
      targets.map(async ({ digest }) => {
        const leave = await places.acquire();
        try {
          await this.#held.get(digest)?.publish();
        } finally {
          leave();
        }
      }),
    );
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  }

  /** Forgets what is not visible, as if it had never come. Does nothing after all is published. */
  async discard(): Promise<void> {
    for (const staged of this.#held.values()) await staged.discard();
  }
}

/** Of those with the same digest the one that says most first. */
function byDigest(a: BlobWork, b: BlobWork): number {
  if (a.target.digest !== b.target.digest) return a.target.digest < b.target.digest ? -1 : 1;
  return Number(a.diffId === undefined) - Number(b.diffId === undefined);
}
