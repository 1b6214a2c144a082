import { unlessCancelled } from '#errors';

/** One at a time for each key, within this process. */
export class Turns {
  readonly #running = new Map<string, Promise<void>>();

  /**
   * Waits until nobody has the turn, then takes it; the returned function gives it back.
   * @param onWait called once, when somebody has it
   */
  async take(
    key: string,
    options: { readonly signal?: AbortSignal | undefined; readonly onWait?: () => void },
  ): Promise<() => void> {
    let other = this.#running.get(key);
    if (other !== undefined) options.onWait?.();
    for (; other !== undefined; other = this.#running.get(key)) await unlessCancelled(other, options.signal);
    let over = (): void => undefined;
    this.#running.set(
      key,
      new Promise((resolve) => {
        over = resolve;
      }),
    );
    return () => {
      this.#running.delete(key);
      over();
    };
  }
}
