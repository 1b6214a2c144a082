import type { CallOptions, Source } from '#content';
import { throwIfCancelled } from '#errors';
import type { Descriptor, Digest } from '#oci';
import { blobPath } from './blobs.ts';
import { removeCompressed } from './compressed.ts';
import { removeFacts } from './facts.ts';
import { listBlobs, type StoredBlob } from './inventory.ts';
import { leasedContent } from './leases.ts';
import type { HeldLock } from './lock-file.ts';
import { alone, lockTime, type Naming } from './naming.ts';
import { type PartialBounds, prunePartials } from './prune-partials.ts';
import { reach, refuse } from './reach.ts';
import { listReferences } from './references.ts';
import { inRemovalOrder } from './removal-order.ts';
import { sweepHints } from './sweep.ts';

export interface CollectOptions extends CallOptions {
  /** Only what hangs below these roots; all that nothing needs, by default. */
  readonly below?: readonly Descriptor[] | undefined;
  /** Also removes partial downloads, down to these bounds. */
  readonly partials?: PartialBounds | undefined;
  /** Says what would be removed, and removes nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface Collected {
  /** Blobs that are gone. */
  readonly blobs: readonly StoredBlob[];
  /** Partial downloads that are gone. */
  readonly partials: readonly Digest[];
  /** Bytes of both. */
  readonly bytes: number;
}

/**
 * Removes content that no name, no nameless root and no lease of a living process needs, in one step for all processes: who takes a lease or gives a name
 * does so before, and then the content stays, or after, and then it sees what is gone. When it is stopped in the middle, what is left is whole: what names
 * something goes before what it names.
 */
export async function collect(naming: Naming, source: Source, options: CollectOptions): Promise<Collected> {
  const { files, locks } = naming;
  const { signal, below, dryRun = false } = options;
  return alone(naming, { signal }, async (lock) => {
    const now = lockTime(naming);
    const leased = leasedContent(naming, now);
    const needed = new Set<Digest>();
    const roots = listReferences(files).flatMap(({ root, manifests }) => [root, ...manifests]);
    if (below !== undefined && options.partials === undefined && isAmong(roots, below)) return NOTHING;
    await reach(source, roots, needed, { signal, onUnreadable: refuse });
    await reach(source, leased, needed, { signal, onUnreadable: () => undefined });
    const candidates = below === undefined ? undefined : new Set<Digest>();
    if (below !== undefined && candidates !== undefined) {
      await reach(source, below, candidates, { signal, onUnreadable: () => undefined });
    }
    const unneeded = listBlobs(files).filter(({ digest }) => !needed.has(digest) && candidates?.has(digest) !== false);
    if (dryRun) return { blobs: unneeded, partials: [], bytes: sum(unneeded) };
    const blobs: StoredBlob[] = [];
    for (const blob of inRemovalOrder(files, unneeded)) {
      throwIfCancelled(signal);
      if (removeBlob(naming, blob.digest, lock)) blobs.push(blob);
    }
    if (below === undefined) sweepHints(files);
    const kept = new Set(leased.map(({ digest }) => digest));
    const partials = await prunePartials(files, locks, options.partials, { now, kept });
    return { blobs, partials: partials.map(({ digest }) => digest), bytes: sum(blobs) + sum(partials) };
  });
}

const NOTHING: Collected = { blobs: [], partials: [], bytes: 0 };

/** What hangs below a root that has another name is needed by that. */
function isAmong(roots: readonly Descriptor[], below: readonly Descriptor[]): boolean {
  const digests = new Set(roots.map(({ digest }) => digest));
  return below.every(({ digest }) => digests.has(digest));
}

/** True when it was there. To be called by whoever is `alone`, with the lock. */
export function removeBlob({ files }: Naming, digest: Digest, lock: HeldLock | undefined): boolean {
  // Whoever was stopped for long may have been taken for dead, and others may have begun to use what was not needed.
  lock?.assertHeld({ now: true });
  const removed = files.remove(blobPath(files, digest));
  removeFacts(files, digest);
  removeCompressed(files, digest);
  return removed;
}

function sum(some: readonly { readonly size: number }[]): number {
  return some.reduce((total, { size }) => total + size, 0);
}
