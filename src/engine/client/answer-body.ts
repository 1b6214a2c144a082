import type { IncomingMessage } from 'node:http';
import type { Bytes } from '#bytes';
import type { Silence } from './silence.ts';

export interface BodyEnds {
  /** What is to be said of an error of the body. */
  readonly failure: (error: unknown) => Error;
  readonly close: () => void;
}

/** The body of an answer, read once. Whoever stops reading closes the connection, also before the first chunk. */
export class AnswerBody implements Bytes {
  readonly #response: IncomingMessage;
  readonly #silence: Silence;
  readonly #ends: BodyEnds;

  constructor(response: IncomingMessage, silence: Silence, ends: BodyEnds) {
    this.#response = response;
    this.#silence = silence;
    this.#ends = ends;
    // it may break while nobody reads; who reads afterwards is told
    response.on('error', () => {});
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined, undefined> {
    const chunks = this.#response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined, undefined>;
    return {
      next: async () => {
        this.#silence.start();
        try {
          const next = await chunks.next();
          return next.done === true ? { done: true, value: undefined } : next;
        } catch (error) {
          throw this.#ends.failure(error);
        } finally {
          this.#silence.stop();
        }
      },
      return: () => {
        if (!this.#response.readableEnded) this.#ends.close();
        this.#response.destroy();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}
