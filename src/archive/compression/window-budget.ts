import { DrayError } from '#errors';

/** What one layer's decoder holds of the budget. */
export interface WindowShare {
  /** What it is. */
  readonly held: number;
  /**
   * Resolves when the share is `bytes`, in the order of asking. What it was is given back before: two that both want more would wait for each
   * other, so let go of the memory first. Rejects with BUSY for more than there is in all.
   */
  hold(bytes: number): Promise<void>;
  /** Gives everything back. */
  end(): void;
}

/** Memory that all decoders of this thread together may hold: a layer that would pass it waits for another one to end. */
export class WindowBudget {
  readonly #size: number;
  #free: number;
  #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(bytes: number) {
    this.#size = bytes;
    this.#free = bytes;
  }

  share(): WindowShare {
    let held = 0;
    return {
      get held() {
        return held;
      },
      hold: async (bytes) => {
        if (bytes > this.#size) throw new DrayError('BUSY', `this thread holds no window of ${bytes} bytes`);
        this.#give(held);
        held = 0;
        await this.#take(bytes);
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

let ofThread: WindowBudget | undefined;

/** The budget of this thread: of `size` bytes, where it was not limited to others. */
export function windowBudget(size: number): WindowBudget {
  ofThread ??= new WindowBudget(size);
  return ofThread;
}

/**
 * From now on all decoders of this thread together hold windows of `size` bytes at most: for a thread beside others, since memory is counted
 * for all. A layer that needs a larger window is refused with BUSY: it is for the thread that may hold any.
 */
export function limitWindows(size: number): void {
  ofThread = new WindowBudget(size);
}
