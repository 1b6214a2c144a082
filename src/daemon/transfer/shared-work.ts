import { Replay } from '../progress/replay.ts';
import type { WriteMessage } from '../progress/step-message.ts';

/** Somebody who wants work done and told of. */
export interface Listener {
  readonly write: WriteMessage;
  /** Aborts when nobody listens there any more. */
  readonly left: AbortSignal;
}

/** Does the work; `signal` aborts when all have left. */
export type Work = (how: { readonly write: WriteMessage; readonly signal: AbortSignal }) => Promise<void>;

interface Running {
  readonly listeners: Set<WriteMessage>;
  readonly replay: Replay;
  readonly stop: AbortController;
  readonly result: Promise<void>;
}

/** Work that several ask for at the same time is done once, and told to all of them. */
export class SharedWork {
  readonly #running = new Map<string, Running>();

  /**
   * Begins the work called `key`, or joins those who wait for it: what was said so far is said again. Settles as the work does, for all who
   * wait alike. The work is given up when the last of them has left.
   */
  async join(key: string, { write, left }: Listener, work: Work): Promise<void> {
    let running = this.#running.get(key);
    // Work that is being given up cannot be joined, and what it holds cannot be had before its end.
    while (running?.stop.signal.aborted === true) {
      await running.result.catch(() => undefined);
      running = this.#running.get(key);
    }
    if (left.aborted) return;
    const { listeners, replay, stop, result } = running ?? this.#begin(key, work);
    const leave = (): void => {
      listeners.delete(write);
      if (listeners.size === 0) stop.abort();
    };
    replay.play(write);
    listeners.add(write);
    left.addEventListener('abort', leave, { once: true });
    try {
      await result;
    } finally {
      left.removeEventListener('abort', leave);
      listeners.delete(write);
    }
  }

  #begin(key: string, work: Work): Running {
    const listeners = new Set<WriteMessage>();
    const replay = new Replay();
    const stop = new AbortController();
    const say: WriteMessage = (message) => {
      replay.add(message);
      for (const write of listeners) write(message);
    };
    // Not before the first has joined.
    const result = Promise.resolve()
      .then(() => work({ write: say, signal: stop.signal }))
      .finally(() => this.#running.delete(key));
    const running = { listeners, replay, stop, result };
    this.#running.set(key, running);
    return running;
  }
}
