/** What one layer's decoder holds of the budget. */
export interface WindowShare {
  /** Resolves when the share is `bytes`, in the order of asking; 0 gives everything back. */
  hold(bytes: number): Promise<void>;
  /** Gives everything back. */
  end(): void;
}

/** Memory that all decoders of this thread together may hold: a layer that would pass it waits for another one to end. */
export class WindowBudget {
  #free: number;
  #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(bytes: number) {
    this.#free = bytes;
  }

  share(): WindowShare {
    let held = 0;
    return {
      hold: async (bytes) => {
        if (bytes === held) return;
        this.#give(held);
        held = 0;
        if (bytes > 0) await this.#take(bytes);
        held = bytes;
      },
      end: () => {
        this.#give(held);
        held = 0;
      },
    };
  }

  #take(bytes: number): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ bytes, go });
      this.#serve();
    });
  }

  #give(bytes: number): void {
    this.#free += bytes;
    this.#serve();
  }

  #serve(): void {
    let next = this.#waiting[0];
    while (next !== undefined && next.bytes <= this.#free) {
      this.#free -= next.bytes;
      this.#waiting.shift();
      next.go();
      next = this.#waiting[0];
    }
  }
}
