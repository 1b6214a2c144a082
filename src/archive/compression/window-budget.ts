/** Memory that all decoders of this thread together may hold: a layer that would pass it waits for another one to end its frame. */
export class WindowBudget {
  #free: number;
  #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Resolves when `bytes` are the caller's, in the order of asking; `give` them back afterwards. */
  take(bytes: number): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ bytes, go });
      this.#serve();
    });
  }

  give(bytes: number): void {
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
