import { isDrayError, messageOf, unlessCancelled } from '#errors';
import { type Digest, digestOf, digestParts } from '#oci';
import type { FetchedManifest } from '#registry';
import type { Clock } from '#timing';
import type { RegistryStorage, StorageOptions, StoredManifest } from '../storage/port.ts';
import { BoundedMap } from './bounded-map.ts';
import type { PullThroughEvent } from './events.ts';
import { type Flight, Flights } from './flights.ts';
import type { PullThroughOptions } from './options.ts';
import { isAbsence, refusalOf } from './refusals.ts';
import type { CachedRoute } from './routes.ts';
import type { Sizes } from './sizes.ts';

const TAG_AGE = 60_000;
const ABSENCE_AGE = 10_000;
const RETRY_AFTER = 10_000;
const PATIENCE = 5_000;
const MOST_KNOWN = 100_000;

export interface CachedManifestsOptions {
  readonly storage: RegistryStorage;
  readonly sizes: Sizes;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly settings: PullThroughOptions;
  readonly onEvent: (event: PullThroughEvent) => void;
}

/** What the upstream said, or that it said nothing, and how long that is good for by the monotonic clock. */
interface Word {
  readonly says: 'same' | 'absent' | 'nothing';
  readonly until: number;
}

type Found = StoredManifest | undefined;

/**
 * The manifests of upstreams. By digest they never change and are kept. By tag the upstream is asked what it stands for when the last answer is too
 * old, by HEAD where there is one to compare with; when it does not answer, what is here is served. An answer that there is no such tag takes it away.
 */
export class CachedManifests {
  readonly #options: CachedManifestsOptions;
  readonly #flights: Flights<Found> = new Flights();
  readonly #words: BoundedMap<string, Word> = new BoundedMap(MOST_KNOWN);

  constructor(options: CachedManifestsOptions) {
    this.#options = options;
  }

  /** As `RegistryStorage.manifest`. Rejects with an ApiError where the upstream does not give it. */
  async manifest(route: CachedRoute, digest: Digest, options: StorageOptions = {}): Promise<Found> {
    const { storage, clock } = this.#options;
    const kept = await storage.manifest(route.repository, digest, options);
    if (kept !== undefined) return this.#hit(route, kept);
    const key = `${route.repository}@${digest}`;
    if (this.#word(key)?.says === 'absent') return undefined;
    const work = (): Promise<Found> =>
      this.#answered(route, { reference: digest, key }, undefined, () => this.#get(route, digest));
    return unlessCancelled(this.#flights.join(key, clock.monotonic(), work).result, options.signal);
  }

  /** As `RegistryStorage.tagged`. Rejects with an ApiError where the upstream does not give it and nothing is here. */
  async tagged(route: CachedRoute, tag: string, options: StorageOptions = {}): Promise<Found> {
    const { storage, clock } = this.#options;
    const key = `${route.repository}:${tag}`;
    const word = this.#word(key);
    if (word?.says === 'absent') return undefined;
    const kept = await storage.tagged(route.repository, tag, options);
    if (word !== undefined && kept !== undefined) {
      if (word.says === 'nothing') this.#stale(route, tag, 'it could not be asked a moment ago', true);
      return this.#hit(route, kept);
    }
    const flight = this.#flights.join(key, clock.monotonic(), () => this.#check(route, tag, key));
    if (kept === undefined) return unlessCancelled(flight.result, options.signal);
    return this.#inTime(route, { tag, kept, flight, signal: options.signal });
  }

  /** What is known of tags and digests in a repository is asked for again; of one of them, or of all. */
  forget(repository: string, reference?: string): void {
    if (reference !== undefined) {
      this.#words.delete(`${repository}:${reference}`);
      return;
    }
    for (const key of this.#words.keys()) {
      if (key.startsWith(`${repository}:`) || key.startsWith(`${repository}@`)) this.#words.delete(key);
    }
  }

  close(): Promise<void> {
    return this.#flights.settled();
  }

  #word(key: string): Word | undefined {
    const word = this.#words.get(key);
    return word !== undefined && this.#options.clock.monotonic() < word.until ? word : undefined;
  }

  #learn(key: string, says: Word['says'], age: number): void {
    if (age > 0) this.#words.set(key, { says, until: this.#options.clock.monotonic() + age });
    else this.#words.delete(key);
  }

  #check(route: CachedRoute, tag: string, key: string): Promise<Found> {
    const { storage, settings } = this.#options;
    return this.#answered(route, { reference: tag, key }, storage.tagged(route.repository, tag), async (kept) => {
      const found = kept === undefined ? await this.#get(route, tag, [tag]) : await this.#compare(route, tag, kept);
      this.#learn(key, 'same', route.upstream.tagAge ?? settings.tagAge ?? TAG_AGE);
      return found;
    });
  }

  /** What `ask` finds; where it fails, what follows from that for what is here. */
  async #answered(
    route: CachedRoute,
    { reference, key }: { readonly reference: string; readonly key: string },
    keeping: Promise<Found> | undefined,
    ask: (kept: Found) => Promise<Found>,
  ): Promise<Found> {
    const kept = await keeping;
    try {
      return await ask(kept);
    } catch (error) {
      const { storage, settings } = this.#options;
      if (isAbsence(error)) {
        if (kept !== undefined) await storage.removeTag(route.repository, reference);
        this.#learn(key, 'absent', settings.absenceAge ?? ABSENCE_AGE);
        return undefined;
      }
      const refusal = refusalOf(error, route);
      if (kept === undefined || refusal === undefined) {
        this.#failed(route, reference, error);
        throw refusal ?? error;
      }
      this.#learn(key, 'nothing', settings.retryAfter ?? RETRY_AFTER);
      this.#stale(route, reference, messageOf(error));
      return kept;
    }
  }

  /** Asks for the headers alone; the manifest itself comes only when the tag has moved. */
  async #compare(route: CachedRoute, tag: string, kept: StoredManifest): Promise<Found> {
    const { storage, signal } = this.#options;
    const { upstream, path, repository } = route;
    const { digest } = await upstream.repository(path).resolve(tag, { signal });
    if (digest === kept.digest) return this.#hit(route, kept);
    const known = await storage.manifest(repository, digest);
    if (known === undefined) return this.#get(route, digest, [tag]);
    await storage.putManifest(repository, known, [tag]);
    return this.#hit(route, known);
  }

  async #get(route: CachedRoute, reference: string, tags: readonly string[] = []): Promise<Found> {
    const { onEvent, signal } = this.#options;
    const { upstream, repository, path } = route;
    onEvent({ kind: 'miss', what: 'manifest', upstream: upstream.domain, repository });
    const fetched = await upstream.repository(path).manifest(reference, { signal });
    onEvent({ kind: 'fetched', what: 'manifest', upstream: upstream.domain, repository, bytes: fetched.bytes.length });
    const found = await this.#keep(repository, fetched, tags);
    this.#options.sizes.note(repository, found);
    return found;
  }

  async #keep(repository: string, fetched: FetchedManifest, tags: readonly string[]): Promise<StoredManifest> {
    const { storage } = this.#options;
    const { digest, mediaType } = fetched.descriptor;
    const manifest = { digest, mediaType, bytes: fetched.bytes };
    // Docker's first format is known by the digest of a part of it: no storage could find out that its bytes are right.
    if (digestOf(fetched.bytes, digestParts(digest).algorithm) !== digest) return manifest;
    await storage.putManifest(repository, manifest, tags);
    return (await storage.manifest(repository, digest)) ?? manifest;
  }

  /** Waits for the upstream, but not for ever: there is something to serve. */
  async #inTime(route: CachedRoute, waiting: Waiting): Promise<Found> {
    const { clock, settings } = this.#options;
    const { flight, kept, tag } = waiting;
    const left = flight.since + (settings.patience ?? PATIENCE) - clock.monotonic();
    const over = new AbortController();
    const late = left <= 0 ? Promise.resolve('late' as const) : this.#later(left, over.signal);
    try {
      const found = await unlessCancelled(Promise.race([flight.result, late]), waiting.signal);
      if (found !== 'late') return found;
    } finally {
      over.abort();
    }
    this.#stale(route, tag, 'it has not answered yet');
    return this.#hit(route, kept);
  }

  async #later(left: number, signal: AbortSignal): Promise<'late'> {
    await this.#options.clock.sleep(left, signal).catch(() => undefined);
    return 'late';
  }

  #hit({ upstream, repository }: CachedRoute, kept: StoredManifest): StoredManifest {
    this.#options.sizes.note(repository, kept);
    this.#options.onEvent({ kind: 'hit', what: 'manifest', upstream: upstream.domain, repository });
    return kept;
  }

  #stale({ upstream, repository }: CachedRoute, reference: string, reason: string, repeated = false): void {
    this.#options.onEvent({ kind: 'stale', upstream: upstream.domain, repository, reference, reason, repeated });
  }

  #failed({ upstream, repository }: CachedRoute, reference: string, error: unknown): void {
    if (!isDrayError(error)) return;
    const { code, message: reason } = error;
    this.#options.onEvent({ kind: 'failed', upstream: upstream.domain, repository, reference, code, reason });
  }
}

interface Waiting {
  readonly tag: string;
  readonly kept: StoredManifest;
  readonly flight: Flight<Found>;
  readonly signal: AbortSignal | undefined;
}
