import type { Wire } from './wire.ts';

const MOST_IDLE = 16;
/** Milliseconds. Servers commonly close after 60 s, some after 5: those say so. */
const LONGEST_IDLE = 15_000;
/** A server that closes after n seconds has begun to do so when our request arrives at n. */
const SAFETY = 1000;

interface Idle {
  readonly wire: Wire;
  readonly timer: NodeJS.Timeout;
}

/** Connections that wait for the next exchange, by origin. They do not keep the process alive. */
export class Pool {
  readonly #idle = new Map<string, Idle[]>();
  #closed = false;

  /** The connection that was used last: the longer one waits, the likelier the server has closed it. */
  take(origin: string): Wire | undefined {
    const entry = this.#idle.get(origin)?.pop();
    if (entry === undefined) return undefined;
    const { wire, timer } = entry;
    clearTimeout(timer);
    wire.onBroken = undefined;
    wire.socket.ref();
    return wire;
  }

  /** Keeps a connection whose exchange is over, or closes it. */
  give(wire: Wire): void {
    const { origin } = wire.facts;
    const list = this.#idle.get(origin) ?? [];
    const time = Math.min(LONGEST_IDLE, (wire.keepAlive ?? LONGEST_IDLE + SAFETY) - SAFETY);
    if (this.#closed || time <= 0 || list.length >= MOST_IDLE) return wire.destroy();
    this.#idle.set(origin, list);
    const drop = (): void => {
      const at = list.indexOf(entry);
      if (at >= 0) list.splice(at, 1);
      clearTimeout(entry.timer);
      wire.destroy();
    };
    const entry: Idle = { wire, timer: setTimeout(drop, time).unref() };
    wire.onBroken = drop;
    wire.socket.unref();
    // Its end must be noticed.
    wire.resume();
    list.push(entry);
  }

  /** Closes what is idle, and keeps nothing from now on. */
  close(): void {
    this.#closed = true;
    for (const { wire, timer } of [...this.#idle.values()].flat()) {
      clearTimeout(timer);
      wire.destroy();
    }
    this.#idle.clear();
  }
}
