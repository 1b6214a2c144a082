import { join } from 'node:path';
import type { Digest } from '#oci';
import type { LockKeeper } from '#store';
import type { Clock } from '#timing';
import type { RegistryStorage } from '../storage/port.ts';
import type { PullThroughEvent } from './events.ts';
import type { PullThroughOptions } from './options.ts';
import type { CachedBlob, Usage } from './usage.ts';

/** What was read so lately may be read right now, also by another process; in milliseconds. */
const LATELY = 60_000;
/** The share of the bound that is left free, so that not every new blob makes another one go. */
const SLACK = 0.05;
/** How often content is looked for that has gone out of use, in milliseconds. */
const ROUND = 60_000;
/** How long it is left at that when nothing may go, in milliseconds. */
const PAUSE = 5_000;

export interface EvictionOptions {
  readonly storage: RegistryStorage;
  readonly usage: Usage;
  readonly locks: LockKeeper;
  readonly clock: Clock;
  readonly folder: string;
  readonly maxSize: number | undefined;
  readonly maxIdle: number | undefined;
  readonly reclaim: PullThroughOptions['reclaim'];
  /** What is being read in this process. */
  readonly isBusy: (digest: Digest) => boolean;
  readonly onEvent: (event: PullThroughEvent) => void;
  readonly signal: AbortSignal;
}

/** One content, in all repositories that have it from an upstream. It takes its bytes once. */
interface Content {
  readonly digest: Digest;
  readonly size: number;
  readonly places: readonly CachedBlob[];
  /** By whoever used it last. */
  readonly used: number;
}

/** Keeps what is cached within its bounds. What a local repository holds too stays there. */
export class Eviction {
  readonly #options: EvictionOptions;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Bytes that there were at the last look; unknown before the first one. */
  #total = Number.POSITIVE_INFINITY;
  /** Bytes that were added since. */
  #added = 0;
  /** When it may be looked again, where the last look found nothing that may go. */
  #notBefore = 0;
  #running: Promise<void> | undefined;

  constructor(options: EvictionOptions) {
    this.#options = options;
    const { maxIdle, maxSize } = options;
    if (maxIdle === undefined && maxSize === undefined) return;
    this.#timer = setInterval(() => void this.run(), ROUND).unref();
  }

  /** So many bytes more are kept now. */
  added(bytes: number): void {
    this.#added += bytes;
    if (this.#isDue() && !this.#options.signal.aborted) void this.run();
  }

  /** Removes what is too much, or too old; one process at a time does it. Never rejects: what could not be done is left to the next run. */
  run(): Promise<void> {
    this.#running ??= this.#lockedRun()
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #lockedRun(): Promise<void> {
    const { locks, folder, signal } = this.#options;
    const lock = await locks.acquire(join(folder, 'evict.lock'), { signal });
    try {
      // What was added meanwhile may be too much again.
      do await this.#evict();
      while (this.#added > 0 && this.#isDue());
    } finally {
      lock?.release();
    }
  }

  async #evict(): Promise<void> {
    const {
      usage,
      clock,
      signal,
      maxSize = Number.POSITIVE_INFINITY,
      maxIdle = Number.POSITIVE_INFINITY,
    } = this.#options;
    this.#added = 0;
    const contents = contentsOf(await usage.refresh()).sort((a, b) => a.used - b.used);
    let total = contents.reduce((sum, { size }) => sum + size, 0);
    const gone: Digest[] = [];
    const goal = total > maxSize ? maxSize * (1 - SLACK) : maxSize;
    for (const content of contents) {
      const idle = clock.now() - content.used;
      if (total <= goal && idle <= maxIdle) break;
      if (idle < LATELY || this.#options.isBusy(content.digest)) continue;
      await this.#remove(content);
      total -= content.size;
      gone.push(content.digest);
    }
    if (gone.length > 0) await this.#options.reclaim?.(gone, { signal });
    this.#total = total;
    this.#notBefore = total > maxSize ? clock.monotonic() + PAUSE : 0;
  }

  #isDue(): boolean {
    const { maxSize = Number.POSITIVE_INFINITY, clock } = this.#options;
    return this.#total + this.#added > maxSize && clock.monotonic() >= this.#notBefore;
  }

  async #remove({ digest, size, places }: Content): Promise<void> {
    const { storage, usage, onEvent } = this.#options;
    for (const { repository } of places) {
      await storage.removeBlob(repository, digest);
      await usage.remove(repository, digest);
    }
    onEvent({ kind: 'evicted', digest, bytes: size });
  }
}

function contentsOf(blobs: readonly CachedBlob[]): Content[] {
  const places = new Map<Digest, CachedBlob[]>();
  for (const blob of blobs) {
    const others = places.get(blob.digest);
    if (others === undefined) places.set(blob.digest, [blob]);
    else others.push(blob);
  }
  return [...places].map(([digest, list]) => ({
    digest,
    size: Math.max(...list.map(({ size }) => size)),
    places: list,
    used: Math.max(...list.map(({ used }) => used)),
  }));
}
