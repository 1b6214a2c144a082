interface Offer {
  readonly chunk: Uint8Array;
  readonly taken: () => void;
  readonly refused: (error: unknown) => void;
}

/** Turns pushing into iterating: one side puts, the other iterates; a put resolves when the reader is done with its chunk. One chunk at a time is held. */
export class Handoff implements AsyncIterable<Uint8Array> {
  #offers: Offer[] = [];
  #current: Offer | undefined;
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  put(chunk: Uint8Array): Promise<void> {
    return new Promise((taken, refused) => {
      if (this.#failure !== undefined) return refused(this.#failure.error);
      this.#offers.push({ chunk, taken, refused });
      this.#wake?.();
    });
  }

  /** No more is put. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Every put, also a later one, and the reader's next step reject with `error`; the first one counts. */
  refuse(error: unknown): void {
    this.#failure ??= { error };
    for (const offer of [...(this.#current === undefined ? [] : [this.#current]), ...this.#offers])
      offer.refused(error);
    this.#offers = [];
    this.#current = undefined;
    this.#wake?.();
  }

  throwIfRefused(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      this.throwIfRefused();
      this.#current = this.#offers.shift();
      if (this.#current !== undefined) {
        yield this.#current.chunk;
        this.#current?.taken();
      } else if (this.#ended) return;
      else {
        await new Promise<void>((wake) => {
          this.#wake = wake;
        });
        this.#wake = undefined;
      }
    }
  }
}
