import {
  type BlobWork,
  type CallOptions,
  createLimit,
  type Fetched,
  type FetchOptions,
  type Ingest,
  type Loan,
  type PutOptions,
  type Store,
} from '#content';
import { DrayError } from '#errors';
import { type Descriptor, type Digest, isDocumentType, isIndexType } from '#oci';
import { type DiskStore, type LentIngest, type LoanTerms, openLoan } from '#store';

/** Flushed at the same time. */
const AT_ONCE = 8;

/** What is held for one blob until all are verified. */
interface Held {
  readonly owner: Ingest;
  readonly loan: Loan;
  readonly staged: StagedIngest;
}

/**
 * Takes content on its way into a store without making any of it visible: that is done for all at once, when all of it is verified. Whatever is
 * missing is held by this process from the start, so that two who load the same never wait for each other.
 */
export class Staging implements Store {
  readonly #store: DiskStore;
  readonly #held: ReadonlyMap<Digest, Held>;

  private constructor(store: DiskStore, held: ReadonlyMap<Digest, Held>) {
    this.#store = store;
    this.#held = held;
  }

  /** Waits for whoever else brings one of these blobs. */
  static async open(store: DiskStore, work: readonly BlobWork[], options: CallOptions): Promise<Staging> {
    const held = new Map<Digest, Held>();
    const staging = new Staging(store, held);
    // In one order for everybody: nobody holds what comes later while he waits.
    const ordered = work.toSorted(byDigest);
    try {
      for (const { target, diffId } of ordered) {
        if (held.has(target.digest) || (await store.has(target, options))) continue;
        const owner = await store.ingest(target, { diffId, ...options });
        if (owner === undefined) continue;
        const loan = owner.lend?.();
        if (loan === undefined) {
          await owner.release();
          throw new DrayError('BUG', `the store ${store.root} lends nothing`);
        }
        held.set(target.digest, { owner, loan, staged: new StagedIngest(target, loan) });
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
    return this.#held.get(target.digest)?.staged;
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
        const held = this.#held.get(digest);
        if (held === undefined || held.staged.isPublished) return;
        const leave = await places.acquire();
        try {
          await held.loan.settle(held.staged.expectVerified());
          held.staged.isPublished = true;
        } finally {
          leave();
        }
      }),
    );
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  }

  /** Forgets what is not visible, as if it had never come. Does nothing after all is published. */
  async discard(): Promise<void> {
    for (const { owner, loan, staged } of this.#held.values()) {
      if (staged.isPublished) continue;
      await staged.release();
      loan.reclaim();
      owner.reset();
      await owner.release();
    }
  }
}

/** Of those with the same digest the one that says most first. */
function byDigest(a: BlobWork, b: BlobWork): number {
  if (a.target.digest !== b.target.digest) return a.target.digest < b.target.digest ? -1 : 1;
  return Number(a.diffId === undefined) - Number(b.diffId === undefined);
}

/** Its commit verifies, and leaves the rest to the staging. */
class StagedIngest implements Ingest {
  readonly target: Descriptor;
  isPublished = false;
  readonly #loan: Loan;
  #lent: LentIngest | undefined;
  #verified: { readonly facts: unknown } | undefined;

  constructor(target: Descriptor, loan: Loan) {
    this.target = target;
    this.#loan = loan;
  }

  have(): ReturnType<Ingest['have']> {
    return this.#open().have();
  }

  write(position: number, chunk: Uint8Array): void {
    this.#open().write(position, chunk);
  }

  reset(): void {
    this.#open().reset();
  }

  async commit(options?: CallOptions): Promise<void> {
    await this.#open().commit(options);
    this.#verified = { facts: this.#lent?.verified() };
  }

  /** Lets go of the file; it stays with the staging. */
  async release(): Promise<void> {
    const lent = this.#lent;
    this.#lent = undefined;
    if (this.#verified === undefined) await lent?.ingest.release();
  }

  /** For another thread, as long as this one has not begun. */
  lend(): Loan | undefined {
    if (this.#lent !== undefined) return undefined;
    return {
      terms: this.#loan.terms,
      settle: async (facts) => {
        this.#verified = { facts };
      },
      reclaim: () => undefined,
    };
  }

  expectVerified(): unknown {
    if (this.#verified === undefined) throw new DrayError('BUG', `${this.target.digest} was never verified`);
    return this.#verified.facts;
  }

  #open(): Ingest {
    this.#lent ??= openLoan(this.#loan.terms as LoanTerms);
    return this.#lent.ingest;
  }
}
