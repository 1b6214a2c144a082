import type { Socket } from 'node:net';
import { ConnectionClosed } from './failures.ts';

/** Reads the little that is said before a tunnel stands. Gives the socket back with nothing of it read too far. */
export class SocketReader {
  readonly #socket: Socket;
  #kept: Buffer = Buffer.alloc(0);
  #end: { readonly error: Error } | undefined;
  #wake: () => void = () => undefined;
  readonly #onData = (chunk: Buffer): void => {
    this.#kept = Buffer.concat([this.#kept, chunk]);
    this.#socket.pause();
    this.#wake();
  };
  readonly #onEnd = (error?: unknown): void => {
    this.#end ??= { error: error instanceof Error ? error : new ConnectionClosed() };
    this.#wake();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('error', this.#onEnd);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onEnd);
  }

  /** The next bytes, at least one. Rejects when the connection ends or breaks. */
  async some(): Promise<Buffer> {
    while (this.#kept.length === 0) await this.#more();
    const all = this.#kept;
    this.#kept = Buffer.alloc(0);
    return all;
  }

  /** Exactly `length` bytes. */
  async exactly(length: number): Promise<Buffer> {
    while (this.#kept.length < length) await this.#more();
    const part = this.#kept.subarray(0, length);
    this.#kept = this.#kept.subarray(length);
    return part;
  }

  /** Lets go of the socket, paused. True when nothing was read that was not asked for. */
  release(): boolean {
    this.#socket.pause();
    this.#socket.off('data', this.#onData);
    this.#socket.off('error', this.#onEnd);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('close', this.#onEnd);
    return this.#kept.length === 0;
  }

  async #more(): Promise<void> {
    if (this.#end !== undefined) throw this.#end.error;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#socket.resume();
    });
  }
}
