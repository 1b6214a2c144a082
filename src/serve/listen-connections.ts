import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How often is looked whether a request has ended, while a server is being closed, in milliseconds. */
const STEP = 20;

/** The connections of a server, and what each was last asked. A request costs one entry in a map here, no listeners. */
export class Connections {
  readonly #latest = new Map<Socket, ServerResponse | undefined>();
  #closing = false;

  opened(socket: Socket): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    this.#latest.set(socket, undefined);
    socket.once('close', () => this.#latest.delete(socket));
  }

  asked(response: ServerResponse): void {
    const { socket } = response.req;
    if (this.#latest.has(socket)) this.#latest.set(socket, response);
    if (this.#closing) response.shouldKeepAlive = false;
  }

  /** True: what is written now would stand in the middle of an answer. */
  isAnswering(socket: Socket): boolean {
    const response = this.#latest.get(socket);
    if (response === undefined || response.writableFinished) return false;
    // The last one has no socket as long as it is the turn of another one.
    return response.headersSent || response.socket === null;
  }

  /**
   * Closes what is idle, or has not finished its question, at once; the rest as soon as its answer is over, or when `timeout`
   * milliseconds have passed, or `hurry` aborts. Resolves to how many were cut.
   */
  async drain(timeout: number, hurry: AbortSignal | undefined): Promise<number> {
    this.#closing = true;
    const end = performance.now() + timeout;
    const isOver = (): boolean => performance.now() >= end || hurry?.aborted === true;
    while (this.#closeIdle() > 0 && !isOver()) await pause(hurry);
    const cut = this.#closeIdle();
    for (const socket of [...this.#latest.keys()]) socket.destroy();
    return cut;
  }

  /** How many are still at work. */
  #closeIdle(): number {
    let busy = 0;
    for (const [socket, response] of [...this.#latest]) {
      if (response !== undefined && !response.writableFinished && !response.destroyed) {
        busy += 1;
        if (!response.headersSent) response.shouldKeepAlive = false;
      } else socket.destroySoon();
    }
    return busy;
  }
}

function pause(hurry: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      hurry?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, STEP);
    hurry?.addEventListener('abort', done, { once: true });
  });
}
