import type { ByteRange } from '#bytes';
import type { CallOptions, Ingest, Loan } from '#content';
import type { Descriptor } from '#oci';

/**
 * An ingest whose content may get into its place by another way while it is under way. From then on it takes nothing more, and its commit
 * succeeds.
 */
export class OvertakenIngest implements Ingest {
  readonly target: Descriptor;
  readonly #inner: Ingest;
  readonly #overtaken: () => boolean;

  constructor(inner: Ingest, overtaken: () => boolean) {
    this.target = inner.target;
    this.#inner = inner;
    this.#overtaken = overtaken;
  }

  have(): readonly ByteRange[] {
    return this.#overtaken() ? [{ start: 0, end: this.target.size }] : this.#inner.have();
  }

  write(position: number, chunk: Uint8Array): void {
    if (!this.#overtaken()) this.#inner.write(position, chunk);
  }

  reset(): void {
    if (!this.#overtaken()) this.#inner.reset();
  }

  async commit(options?: CallOptions): Promise<void> {
    await (this.#overtaken() ? this.#inner.release() : this.#inner.commit(options));
  }

  lend(): Loan | undefined {
    return this.#overtaken() ? undefined : this.#inner.lend?.();
  }

  async release(): Promise<void> {
    await this.#inner.release();
  }
}
