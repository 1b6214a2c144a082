import * as nodeFs from 'node:fs';
import type { Digest } from '#oci';
import { type Clock, systemClock } from '#timing';
import { apiError } from '../http/api-error.ts';
import type { RegistryEvent, RegistryObserver } from '../observe/port.ts';
import type { QuotaRule } from './options.ts';
import { Pace } from './pace.ts';
import type { WritePolicy } from './policy.ts';
import { QuotaScopes, type Scope } from './quota-scopes.ts';
import { RegistryTree, type TreeFiles } from './tree.ts';
import { eachLinked } from './usage.ts';

export interface QuotaOptions {
  readonly quotas: readonly QuotaRule[];
  /** Folder of the storage. */
  readonly root: string;
  readonly clock?: Clock | undefined;
  readonly fs?: TreeFiles | undefined;
}

/** Refuses what would go beyond quotas. It has to be an observer too: that is how it knows what was pushed. */
export interface Quotas
  extends Required<Pick<WritePolicy, 'allowBytes'>>,
    Required<Pick<RegistryObserver, 'happened'>> {
  /** Counts everything anew; resolves when that is done. */
  recount(): Promise<void>;
}

/** Milliseconds after which what other processes have pushed is looked for, and before somebody is refused. */
const OLD = 60_000;
const FRESH = 5000;
/** Counting takes no more than this share of the time, whatever the size of the registry. */
const SHARE = 20;

/**
 * Counts the bytes of the different blobs and manifests that repositories link: everything at the first write, then what this process hears
 * of. What other processes push is found by counting again, once a minute while there are writes (less often where it takes seconds): until
 * then each process may let in what is left. Nobody is refused on the ground of an old count. Pushes that are under way at the same time may
 * go beyond a quota together, since each is let in before its bytes are there; at its end an upload is checked again.
 */
export function createQuotas({ quotas, root, clock = systemClock, fs = nodeFs }: QuotaOptions): Quotas {
  const tree = new RegistryTree({ root, fs, pace: new Pace() });
  let scopes = new QuotaScopes(quotas);
  let counting: { readonly next: QuotaScopes; readonly done: Promise<void> } | undefined;
  let counted = -Infinity;
  let took = 0;

  const count = async (next: QuotaScopes): Promise<void> => {
    const started = clock.monotonic();
    try {
      const known = scopes;
      await eachLinked(tree, (repository) => next.of(repository).length > 0, {
        sizeOf: (digest) => known.sizeOf(digest),
        found: (repository, digest, size) => next.add(repository, digest, size),
      });
      scopes = next;
      counted = clock.monotonic();
      took = counted - started;
    } finally {
      counting = undefined;
    }
  };
  const recount = (): Promise<void> => {
    if (counting === undefined) {
      const next = new QuotaScopes(quotas);
      counting = { next, done: count(next) };
    }
    return counting.done;
  };
  const isOlder = (age: number): boolean => clock.monotonic() - counted > Math.max(age, took * SHARE);
  const add = (repository: string, digest: Digest, size: number): void => {
    scopes.add(repository, digest, size);
    counting?.next.add(repository, digest, size);
  };

  return {
    recount,
    async allowBytes(repository, bytes) {
      if (scopes.of(repository).length === 0) return;
      if (counted === -Infinity) await recount();
      if (scopes.exceeded(repository, bytes) !== undefined && isOlder(FRESH)) await recount();
      const full = scopes.exceeded(repository, bytes);
      if (full !== undefined) throw refusal(full, bytes);
      // An error of it is told to whoever has to wait for it.
      if (isOlder(OLD)) recount().catch(() => undefined);
    },
    happened({ action, kind, repository, digest, size }: RegistryEvent) {
      if (digest === undefined || (kind !== 'blob' && kind !== 'manifest')) return;
      if ((action !== 'push' && action !== 'mount') || scopes.of(repository).length === 0) return;
      add(repository, digest, size ?? fs.statSync(tree.data(digest), { throwIfNoEntry: false })?.size ?? 0);
    },
  };
}

function refusal({ label, used, limit }: Scope, bytes: number): Error {
  const more = bytes > 0 ? `, and ${inWords(bytes)} more are to come` : '';
  const message = `quota exceeded: ${label} may keep ${inWords(limit)}, has ${inWords(used)}${more}`;
  return apiError(403, 'DENIED', message, { limit, used, bytes });
}

function inWords(bytes: number): string {
  let value = bytes;
  let unit = 'bytes';
  for (const next of ['kB', 'MB', 'GB', 'TB']) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${unit === 'bytes' ? value : Number(value.toPrecision(4))} ${unit}`;
}
