import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dialer } from './dial-engine.ts';

/** Milliseconds after which a connection that nobody uses may have been closed by the other side without our having heard of it. */
const FRESH = 2000;
const MOST_IDLE = 8;

/** What a request says to the agent beside what node:http asks for. */
export interface EngineRequestArgs extends ClientRequestArgs {
  /** Ends the making of its connection. */
  readonly dialSignal: AbortSignal;
}

type Connected = (error: Error | null, stream: Duplex) => void;

/** Connections to one engine, which are kept between requests and hold no process open meanwhile. */
export class EngineAgent extends Agent {
  readonly #dialer: Dialer;
  readonly #idleSince = new WeakMap<Duplex, number>();

  constructor(dialer: Dialer) {
    super({ keepAlive: true, maxFreeSockets: MOST_IDLE });
    this.#dialer = dialer;
  }

  override createConnection(options: ClientRequestArgs, callback?: Connected): undefined {
    const { dialSignal } = options as EngineRequestArgs;
    if (callback !== undefined) void this.#dial(dialSignal, callback);
  }

  override keepSocketAlive(socket: Duplex): boolean {
    this.#idleSince.set(socket, performance.now());
    // typed as nothing, answered with whether the engine lets it be kept
    return super.keepSocketAlive(socket) as unknown as boolean;
  }

  async #dial(signal: AbortSignal, tell: Connected): Promise<void> {
    let stream: Duplex;
    try {
      stream = await this.#dialer.connect({ signal, takeOver: false });
    } catch (error) {
      // nobody looks at the stream where there is an error
      tell(error as Error, undefined as unknown as Duplex);
      return;
    }
    tell(null, stream);
  }

  /** Closes what has been idle for `age` milliseconds. */
  closeIdle(age: number = FRESH): void {
    const now = performance.now();
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) {
        if (now - (this.#idleSince.get(socket) ?? 0) >= age) socket.destroy();
      }
    }
  }
}
