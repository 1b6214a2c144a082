import type { OnReadOpts, Socket } from 'node:net';

/** Whoever reads a wire at the moment. */
export interface Receiver {
  /** Takes what has arrived, a slice of a buffer that is used again. False: no more until `resume`; the slice stays as it is till then. */
  received(chunk: Uint8Array): boolean;
  /** Nothing more will arrive: the other side ended, or it broke. Called once, and never after `destroy`. */
  ended(error: Error | undefined): void;
}

export interface WireFacts {
  /** `key` of the origin at the end of it, whatever proxy is between. */
  readonly origin: string;
  /** Set where a proxy passes on single requests; the authorization that it wants. */
  readonly forward?: { readonly authorization: string | undefined } | undefined;
  readonly viaProxy: boolean;
}

/**
 * A connected socket as the HTTP client sees it: bytes come to one receiver, synchronously. Two ways in: `onread`, where the system
 * reads into one buffer that we keep (a quarter of the cost of a stream), and 'data' events for a TLS layer on top of another
 * socket, where Node has no onread.
 */
export class Wire {
  readonly facts: WireFacts;
  /** An idle wire has none: a byte or an end then breaks it. */
  receiver: Receiver | undefined;
  /** Called when it ends while idle. */
  onBroken: (() => void) | undefined;
  /** Milliseconds for which the server says that it keeps an idle connection. */
  keepAlive: number | undefined;
  /** Pass this to `connect`, before `attach`. */
  readonly onread: OnReadOpts;
  #socket: Socket | undefined;
  #end: { readonly error: Error | undefined } | undefined;
  #pulled = true;

  constructor(facts: WireFacts, bufferSize: number) {
    this.facts = facts;
    // No Buffer: readers keep a chunk by `slice()`, which copies a Uint8Array but not a Buffer.
    const buffer = new Uint8Array(bufferSize);
    this.onread = { buffer, callback: (length) => this.#deliver(buffer.subarray(0, length)) };
  }

  /** @param how `events` where the socket was made without `onread` */
  attach(socket: Socket, how: 'onread' | 'events'): void {
    this.#socket = socket;
    socket.on('error', (error) => this.#finish(error));
    socket.on('end', () => this.#finish(undefined));
    socket.on('close', () => this.#finish(undefined));
    if (how === 'events') {
      socket.on('data', (chunk: Buffer) => {
        if (!this.#deliver(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))) socket.pause();
      });
    }
  }

  get socket(): Socket {
    if (this.#socket === undefined) throw new Error('a wire without a socket');
    return this.#socket;
  }

  /** How it ended, when it has. */
  get end(): { readonly error: Error | undefined } | undefined {
    return this.#end;
  }

  /** Address of the other side; undefined through a proxy. */
  get remoteAddress(): string | undefined {
    return this.facts.viaProxy ? undefined : this.socket.remoteAddress;
  }

  resume(): void {
    if (this.#pulled) return;
    this.#pulled = true;
    this.socket.resume();
  }

  destroy(): void {
    this.receiver = undefined;
    this.onBroken = undefined;
    this.socket.destroy();
  }

  #deliver(chunk: Uint8Array): boolean {
    if (this.receiver === undefined) {
      // Bytes that nobody asked for: whatever they are, the next answer must not be read from them.
      this.#finish(new Error('bytes came without a request'));
      this.socket.destroy();
      return false;
    }
    this.#pulled = this.receiver.received(chunk);
    return this.#pulled;
  }

  #finish(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.onBroken?.();
    this.receiver?.ended(error);
  }
}
