import { isDrayError, messageOf, unlessCancelled } from '#errors';
import type { Descriptor, Digest } from '#oci';
import type { Clock } from '#timing';
import { apiError } from '../http/api-error.ts';
import { pageOf } from '../storage/page.ts';
import type { Page, PageOptions, RegistryStorage, StorageOptions } from '../storage/port.ts';
import { sortedByDigest } from '../storage/referral.ts';
import { BoundedMap } from './bounded-map.ts';
import type { PullThroughEvent } from './events.ts';
import { Flights } from './flights.ts';
import type { PullThroughOptions } from './options.ts';
import { isAbsence } from './refusals.ts';
import type { CachedRoute } from './routes.ts';

/** Lists are not asked for again so soon, in milliseconds. */
const LIST_AGE = 30_000;
const MOST_LISTS = 200;

export interface CachedListsOptions {
  readonly storage: RegistryStorage;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly settings: PullThroughOptions;
  readonly onEvent: (event: PullThroughEvent) => void;
}

interface Listed {
  /** `failed`: the upstream could not be asked. Undefined: it has no such thing. */
  readonly entries: readonly unknown[] | 'failed' | undefined;
  readonly until: number;
}

/** The lists of upstreams: what they say now, or as much of it as is here. */
export class CachedLists {
  readonly #options: CachedListsOptions;
  readonly #known: BoundedMap<string, Listed> = new BoundedMap(MOST_LISTS);
  readonly #flights: Flights<Listed['entries']> = new Flights();

  constructor(options: CachedListsOptions) {
    this.#options = options;
  }

  async tags(route: CachedRoute, options: PageOptions = {}): Promise<Page | undefined> {
    const { storage, signal } = this.#options;
    const { upstream, path, repository } = route;
    // Only whether there is such a repository.
    if (options.limit === 0) return (await storage.tags(repository, options)) ?? { names: [], more: false };
    const listed = await this.#list<string>(route, 'tags', options, async () => {
      const tags: string[] = [];
      for await (const tag of upstream.repository(path).tags({ signal })) tags.push(tag);
      return tags.sort();
    });
    if (listed === 'failed') {
      const here = await storage.tags(repository, options);
      if (here !== undefined) return here;
      throw apiError(502, 'UNAVAILABLE', `the tags of ${path} cannot be had from ${upstream.domain} now`);
    }
    return listed && pageOf(listed, options);
  }

  async referrers(route: CachedRoute, digest: Digest, options: StorageOptions = {}): Promise<readonly Descriptor[]> {
    const { storage, signal } = this.#options;
    const { upstream, path, repository } = route;
    const here = await storage.referrers(repository, digest, options);
    const listed = await this.#list<Descriptor>(route, `referrers of ${digest}`, options, () =>
      upstream.repository(path).referrers(digest, { signal }),
    );
    if (listed === 'failed' || listed === undefined) return here;
    const all = new Map([...here, ...listed].map((entry) => [entry.digest, entry]));
    return sortedByDigest([...all.values()]);
  }

  close(): Promise<void> {
    return this.#flights.settled();
  }

  async #list<T>(
    { upstream, repository }: CachedRoute,
    what: string,
    { signal }: StorageOptions,
    ask: () => Promise<readonly T[]>,
  ): Promise<readonly T[] | 'failed' | undefined> {
    const { clock, settings, onEvent } = this.#options;
    const key = `${repository} ${what}`;
    const known = this.#known.get(key);
    // Under one key there are entries of one type.
    type Entries = readonly T[] | 'failed' | undefined;
    if (known !== undefined && clock.monotonic() < known.until) return known.entries as Entries;
    const work = async (): Promise<Entries> => {
      const entries = await ask().catch((error: unknown) => {
        if (isAbsence(error)) return undefined;
        if (!isDrayError(error)) throw error;
        const reason = messageOf(error);
        onEvent({ kind: 'stale', upstream: upstream.domain, repository, reference: what, reason, repeated: false });
        return 'failed' as const;
      });
      const age =
        entries === 'failed'
          ? settings.retryAfter
          : entries === undefined
            ? settings.absenceAge
            : (upstream.tagAge ?? settings.tagAge);
      this.#known.set(key, { entries, until: clock.monotonic() + Math.min(age ?? LIST_AGE, LIST_AGE) });
      return entries;
    };
    return (await unlessCancelled(this.#flights.join(key, clock.monotonic(), work).result, signal)) as Entries;
  }
}
