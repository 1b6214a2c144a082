import type { CallOptions, Ingest, Loan } from '#content';
import { DrayError } from '#errors';
import type { Descriptor } from '#oci';
import { type LentIngest, type LoanTerms, openLoan } from '#store';
import type { Staged } from './staged.ts';

/** Content in a partial of the store, whose ingest is on loan to its end: its commit verifies, and the owner makes it visible later. */
export class StagedFile implements Staged {
  readonly target: Descriptor;
  readonly #owner: Ingest;
  readonly #loan: Loan;
  #isPublished = false;
  #lent: LentIngest | undefined;
  #verified: { readonly facts: unknown } | undefined;

  /** @param owner nothing else of it is used from now on */
  constructor(owner: Ingest) {
    const loan = owner.lend?.();
    if (loan === undefined) throw new DrayError('BUG', 'the store lends nothing');
    this.target = owner.target;
    this.#owner = owner;
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

  async publish(): Promise<void> {
    if (this.#isPublished) return;
    if (this.#verified === undefined) throw new DrayError('BUG', `${this.target.digest} was never verified`);
    await this.#loan.settle(this.#verified.facts);
    this.#isPublished = true;
  }

  async discard(): Promise<void> {
    if (this.#isPublished) return;
    await this.release();
    this.#loan.reclaim();
    this.#owner.reset();
    await this.#owner.release();
  }

  #open(): Ingest {
    this.#lent ??= openLoan(this.#loan.terms as LoanTerms);
    return this.#lent.ingest;
  }
}
