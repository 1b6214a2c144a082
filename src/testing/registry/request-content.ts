import type { IncomingMessage } from 'node:http';

/** The connection ended before the body did. */
export class BodyLost extends Error {}

/** The body of a request on its way. Faults may cut it. */
export class RequestContent {
  /** Bytes that were read of it. */
  received = 0;
  /** It is read as it comes; the body of another method has been read. */
  readonly streams: boolean;
  readonly #message: IncomingMessage;
  #cut: { readonly after: number; readonly reset: boolean } | undefined;

  constructor(message: IncomingMessage) {
    this.#message = message;
    this.streams = message.method === 'PUT' || message.method === 'PATCH';
  }

  /** After so many bytes the connection ends. What came is read, and then there is `BodyLost`. */
  cut(after: number, { reset = false }: { readonly reset?: boolean } = {}): void {
    this.#cut = { after, reset };
  }

  /** Throws BodyLost when it does not come whole. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const announced = Number(this.#message.headers['content-length'] ?? Number.NaN);
    // Node forgets it when the reading ends early
    const { socket } = this.#message;
    const most = this.#cut?.after ?? Number.POSITIVE_INFINITY;
    try {
      for await (const chunk of this.#message as AsyncIterable<Buffer>) {
        const part = chunk.subarray(0, most - this.received);
        this.received += part.length;
        if (part.length > 0) yield part;
        if (this.received >= most) break;
      }
    } catch (cause) {
      throw new BodyLost('the client went away', { cause });
    }
    if (this.#cut !== undefined && this.received >= most && this.received !== announced) {
      if (this.#cut.reset) socket.resetAndDestroy();
      else socket.destroy();
      throw new BodyLost('the connection was cut');
    }
    if (this.received < announced) throw new BodyLost('the client went away');
  }
}
