/** Waiting that somebody else can end. */
export interface Interruptible {
  /** `work`, or the error of `interrupt`, also of one that came before; the work goes on unheard then. One at a time. */
  wait<T>(work: Promise<T>): Promise<T>;
  interrupt(error: Error): void;
}

/** In place of a race against one promise that lives for long: that would keep something of every wait. */
export function interruptible(): Interruptible {
  let broken: Error | undefined;
  let giveUp = (_error: Error): void => {};
  return {
    wait: (work) =>
      new Promise((resolve, reject) => {
        giveUp = reject;
        work.then(resolve, reject);
        if (broken !== undefined) reject(broken);
      }),
    interrupt(error) {
      broken ??= error;
      giveUp(broken);
    },
  };
}
