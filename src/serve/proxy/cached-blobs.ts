import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DrayError, hasCode, isDrayError, unlessCancelled } from '#errors';
import { type Digest, digestOf, digestParts } from '#oci';
import type { LockKeeper } from '#store';
import type { Clock } from '#timing';
import type { BlobOptions, ByteSpan, RegistryStorage, StorageOptions, StoredBlob } from '../storage/port.ts';
import { BlobFlight } from './blob-flight.ts';
import { BoundedMap } from './bounded-map.ts';
import type { PullThroughEvent } from './events.ts';
import { Eviction } from './eviction.ts';
import { Flights } from './flights.ts';
import type { PullThroughOptions } from './options.ts';
import { isAbsence, refusalOf } from './refusals.ts';
import type { CachedRoute } from './routes.ts';
import type { Sizes } from './sizes.ts';
import { Usage } from './usage.ts';

/** What of a blob has come and was not finished is kept so long for the next one who asks, in milliseconds. */
const LEFTOVER_AGE = 24 * 3_600_000;
const MOST_ABSENT = 10_000;
const ABSENCE_AGE = 10_000;
const ANY_TYPE = 'application/octet-stream';

export interface CachedBlobsOptions {
  readonly storage: RegistryStorage;
  readonly sizes: Sizes;
  readonly locks: LockKeeper;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly settings: PullThroughOptions;
  readonly onEvent: (event: PullThroughEvent) => void;
}

/** The blobs of upstreams: from the storage where they are there, else while they come. */
export class CachedBlobs {
  readonly #options: CachedBlobsOptions;
  readonly #usage: Usage;
  readonly #eviction: Eviction;
  readonly #flights = new Map<string, BlobFlight>();
  readonly #asked: Flights<number> = new Flights();
  readonly #mounts: Flights<void> = new Flights();
  /** Until when it is believed that an upstream does not have a blob. */
  readonly #absent: BoundedMap<string, number> = new BoundedMap(MOST_ABSENT);
  /** Readers of each blob. */
  readonly #readers = new Map<Digest, number>();
  readonly #spools: string;
  #isReady = false;

  constructor(options: CachedBlobsOptions) {
    const { settings, storage, clock, locks, signal, onEvent } = options;
    const { folder, maxSize, maxIdle, reclaim } = settings;
    this.#options = options;
    this.#spools = join(folder, 'incoming');
    this.#usage = new Usage(join(folder, 'used'), clock);
    const isBusy = (digest: Digest): boolean => this.#readers.has(digest);
    const usage = this.#usage;
    const bounds = { folder, maxSize, maxIdle, reclaim };
    this.#eviction = new Eviction({ storage, usage, locks, clock, ...bounds, isBusy, onEvent, signal });
  }

  /** As `RegistryStorage.blob`. Rejects with an ApiError where the upstream does not give it. */
  async blob(route: CachedRoute, digest: Digest, options: BlobOptions = {}): Promise<StoredBlob | undefined> {
    const { storage, clock } = this.#options;
    const kept = await storage.blob(route.repository, digest, options);
    if (kept !== undefined) return this.#hit(route, kept);
    const key = keyOf(route, digest);
    const flight = this.#underWay(key);
    if (flight === undefined && clock.monotonic() < (this.#absent.get(key) ?? 0)) return undefined;
    try {
      if (options.sizeOnly === true && flight === undefined) {
        return this.#coming(route, digest, await unlessCancelled(this.#askSize(route, digest), options.signal));
      }
      this.#tell(flight === undefined ? 'miss' : 'hit', route);
      return await unlessCancelled(this.#arriving(route, digest), options.signal);
    } catch (error) {
      if (!isAbsence(error)) throw this.#refused(error, route, digest);
      this.#absent.set(key, clock.monotonic() + (this.#options.settings.absenceAge ?? ABSENCE_AGE));
      return undefined;
    }
  }

  /** Something was removed by hand. */
  async forget(repository: string, digest: Digest): Promise<void> {
    await this.#usage.remove(repository, digest);
  }

  evict(): Promise<void> {
    return this.#eviction.run();
  }

  /** Ends what is under way: `signal` has been aborted. */
  async close(): Promise<void> {
    await Promise.all([...this.#flights.values()].map(({ over }) => over));
    await this.#mounts.settled();
    await this.#eviction.stop();
  }

  #hit(route: CachedRoute, kept: StoredBlob): StoredBlob {
    this.#usage.touch(route.repository, kept.digest, kept.size);
    this.#tell('hit', route);
    return { ...kept, read: (span, options) => this.#watched(route, kept.digest, kept.read(span, options)) };
  }

  /** From the flight that brings it, which begins now unless it is under way. */
  async #arriving(route: CachedRoute, digest: Digest): Promise<StoredBlob | undefined> {
    const { sizes, storage } = this.#options;
    const size = this.#underWay(keyOf(route, digest))?.spool.size ?? sizes.get(route.repository, digest);
    const shared = await this.#shared(route, digest);
    if (shared !== undefined) return this.#hit(route, shared);
    try {
      const flight = this.#flightFor(route, digest, size ?? (await this.#askSize(route, digest)));
      if ((await flight.opened) === 'spool') return this.#coming(route, digest, flight.spool.size);
    } catch (error) {
      if (size === undefined || !hasCode(error, 'SIZE_MISMATCH')) throw error;
      sizes.forget(route.repository, digest);
      return this.#arriving(route, digest);
    }
    const kept = await storage.blob(route.repository, digest);
    return kept === undefined ? undefined : this.#hit(route, kept);
  }

  /** What another repository has from its upstream need not come again, once this one's upstream has said that it has it too. */
  async #shared(route: CachedRoute, digest: Digest): Promise<StoredBlob | undefined> {
    const { storage, clock, signal } = this.#options;
    const { upstream, path, repository } = route;
    const holder = this.#usage.holder(digest, repository);
    if (holder === undefined || this.#underWay(keyOf(route, digest)) !== undefined) return undefined;
    const mount = async (): Promise<void> => {
      const target = { mediaType: ANY_TYPE, digest, size: holder.size };
      if (!(await upstream.repository(path).has(target, { signal }))) return;
      await this.#usage.add(repository, digest, holder.size);
      await storage.mountBlob(repository, digest, holder.repository);
    };
    await this.#mounts.join(keyOf(route, digest), clock.monotonic(), mount).result;
    return storage.blob(repository, digest);
  }

  #coming(route: CachedRoute, digest: Digest, size: number): StoredBlob {
    // Of nothing there is no last byte to hold back until the digest is right.
    if (size === 0 && digestOf('', digestParts(digest).algorithm) !== digest) {
      throw new DrayError('DIGEST_MISMATCH', `${digest} came without content from ${route.upstream.domain}`);
    }
    const read = (span: ByteSpan, options?: StorageOptions): AsyncIterable<Uint8Array> =>
      this.#watched(route, digest, this.#read(route, digest, { size, span, ...options }));
    return { digest, size, read };
  }

  /** From the flight, or from the storage where that is over by now. */
  async *#read(
    route: CachedRoute,
    digest: Digest,
    { size, span, signal }: StorageOptions & { readonly size: number; readonly span: ByteSpan },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const flight = this.#flights.get(keyOf(route, digest));
    if (flight?.spool.isOpen === true) return yield* flight.spool.read(span, { signal });
    const kept = await this.#options.storage.blob(route.repository, digest, { signal });
    if (kept !== undefined) return yield* kept.read(span, { signal });
    const next = this.#flightFor(route, digest, size);
    if ((await unlessCancelled(next.opened, signal)) === 'spool') return yield* next.spool.read(span, { signal });
    throw new DrayError('IO_FAILED', `${digest} was removed from the cache before it could be read`);
  }

  /** One that has failed takes nobody along any more. */
  #underWay(key: string): BlobFlight | undefined {
    const flight = this.#flights.get(key);
    return flight?.spool.error === undefined ? flight : undefined;
  }

  #flightFor(route: CachedRoute, digest: Digest, size: number): BlobFlight {
    const key = keyOf(route, digest);
    const known = this.#underWay(key);
    if (known !== undefined) return known;
    this.#prepare();
    const { repository, upstream, path } = route;
    const { storage, locks, clock, signal, settings, onEvent } = this.#options;
    const isTooLarge = size > (settings.maxSize ?? Number.POSITIVE_INFINITY);
    const flight = new BlobFlight({
      target: { mediaType: ANY_TYPE, digest, size },
      repository,
      from: upstream.repository(path),
      folder: this.#spools,
      locks,
      clock,
      signal,
      keep: isTooLarge ? undefined : (content) => this.#keep(route, digest, { size, content }),
      isKept: async () => (await storage.blob(repository, digest)) !== undefined,
      onFetched: (bytes) => onEvent({ kind: 'fetched', what: 'blob', upstream: upstream.domain, repository, bytes }),
    });
    this.#flights.set(key, flight);
    void flight.over.then(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
      if (flight.spool.error !== undefined) this.#failed(flight.spool.error, route, digest);
    });
    return flight;
  }

  /** That it cannot be kept is no reason not to give it to those who wait for it. */
  async #keep(
    route: CachedRoute,
    digest: Digest,
    { size, content }: { readonly size: number; readonly content: AsyncIterable<Uint8Array> },
  ): Promise<void> {
    const { repository } = route;
    try {
      await this.#usage.add(repository, digest, size);
      await this.#options.storage.uploads.put(repository, digest, content);
      // It may have been taken for idle while it came.
      await this.#usage.ensure(repository, digest, size);
      this.#eviction.added(size);
    } catch (error) {
      await this.#usage.remove(repository, digest).catch(() => undefined);
      this.#failed(error, route, digest);
    }
  }

  #askSize(route: CachedRoute, digest: Digest): Promise<number> {
    const { clock, signal } = this.#options;
    const { upstream, path } = route;
    const ask = (): Promise<number> => upstream.repository(path).blobSize(digest, { signal });
    return this.#asked.join(keyOf(route, digest), clock.monotonic(), ask).result;
  }

  async *#watched(
    { upstream, repository }: CachedRoute,
    digest: Digest,
    content: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let bytes = 0;
    this.#readers.set(digest, (this.#readers.get(digest) ?? 0) + 1);
    try {
      for await (const chunk of content) {
        bytes += chunk.length;
        yield chunk;
      }
    } finally {
      const left = (this.#readers.get(digest) ?? 1) - 1;
      if (left > 0) this.#readers.set(digest, left);
      else this.#readers.delete(digest);
      this.#options.onEvent({ kind: 'served', upstream: upstream.domain, repository, bytes });
    }
  }

  /** The folder, without what nobody has come back for. */
  #prepare(): void {
    if (this.#isReady) return;
    mkdirSync(this.#spools, { recursive: true });
    this.#isReady = true;
    const before = this.#options.clock.now() - LEFTOVER_AGE;
    for (const name of readdirSync(this.#spools)) {
      const path = join(this.#spools, name);
      const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: before };
      if (mtimeMs < before) rmSync(path, { force: true });
    }
  }

  #tell(kind: 'hit' | 'miss', { upstream, repository }: CachedRoute): void {
    this.#options.onEvent({ kind, what: 'blob', upstream: upstream.domain, repository });
  }

  #failed(error: unknown, { upstream, repository }: CachedRoute, digest: Digest): void {
    if (!isDrayError(error) || isAbsence(error)) return;
    const { code, message: reason } = error;
    this.#options.onEvent({ kind: 'failed', upstream: upstream.domain, repository, reference: digest, code, reason });
  }

  #refused(error: unknown, route: CachedRoute, digest: Digest): unknown {
    this.#failed(error, route, digest);
    return refusalOf(error, route) ?? error;
  }
}

function keyOf({ repository }: CachedRoute, digest: Digest): string {
  return `${repository}@${digest}`;
}
