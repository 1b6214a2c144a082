import type { ServerResponse } from 'node:http';
import type { ProgressMessage } from '#engine';

/** Bytes waiting for a client that does not read, from which on progress is left out: the next one says the same, and more. */
const PATIENCE = 256 * 1024;
/** From here on nobody reads any more: such a client is cut off. An archive of 10,000 names has a megabyte to tell. */
const MOST_WAITING = 16 * 2 ** 20;

/** How the answer begins and ends. */
export interface MessageStreamEnds {
  /** Sends the head, unless it has been sent. */
  readonly begin: () => void;
  readonly end: () => void;
}

/**
 * The answer of long work: JSON objects, one a line, the head with the first of them. Whoever writes need not wait: what can be left out is,
 * when the client is slow, and the rest is little.
 */
export class MessageStream {
  readonly #response: ServerResponse;
  readonly #ends: MessageStreamEnds;

  constructor(response: ServerResponse, ends: MessageStreamEnds) {
    this.#response = response;
    this.#ends = ends;
  }

  write(message: ProgressMessage): void {
    const isPassing = message.progressDetail?.current !== undefined;
    if (isPassing && this.#response.writableLength > PATIENCE) return;
    this.writeObject(message);
  }

  /** Any other object. */
  writeObject(object: object): void {
    // What is told late, by work that was given up, ends nobody's answer again.
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#ends.begin();
    this.#response.write(`${JSON.stringify(object)}\r\n`);
    if (this.#response.writableLength > MOST_WAITING) this.#response.destroy();
  }

  /** The last message: what was asked for has failed. */
  fail(message: string): void {
    this.write({ errorDetail: { message }, error: message });
    this.end();
  }

  end(): void {
    this.#ends.begin();
    this.#ends.end();
  }
}
