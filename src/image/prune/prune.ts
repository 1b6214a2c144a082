import type { CallOptions } from '#content';
import { type Digest, hasLabel, type Platform } from '#oci';
import type { DiskStore, PartialBounds } from '#store';
import { type RemoveResult, removeRoots } from '../remove/remove.ts';
import { type KeptRoot, keptRoots, shownImage } from '../stored/kept-root.ts';

export interface PruneOptions extends CallOptions {
  /** Images with tags too: all of them. */
  readonly all?: boolean | undefined;
  /** Only images that were made before, in milliseconds since 1970. */
  readonly until?: number | undefined;
  /** Only images with all of these labels: `KEY` or `KEY=VALUE`. */
  readonly labels?: readonly string[] | undefined;
  /** Only images with none of these. */
  readonly withoutLabels?: readonly string[] | undefined;
  /** What may stay of partial downloads; 30 days and 20 GB by default. */
  readonly partials?: Partial<PartialBounds> | undefined;
}

export interface PruneResult extends RemoveResult {
  /** Partial downloads that are gone. */
  readonly partials: readonly Digest[];
}

const DAY = 24 * 60 * 60 * 1000;
const GENEROUS: PartialBounds = { maxAge: 30 * DAY, maxSize: 20e9 };

/**
 * Removes images without a tag (with `all` every image), then all content that no image needs and no running work uses, and partial downloads beyond
 * their bounds.
 */
export async function pruneStore(store: DiskStore, host: Platform, options: PruneOptions = {}): Promise<PruneResult> {
  const { signal } = options;
  const roots = await keptRoots(store, { signal });
  const going = [...byImage(roots, host).values()].filter((group) => isWanted(group, host, options));
  const removed = await removeRoots(going, roots, store, { host, signal });
  const { maxAge = GENEROUS.maxAge, maxSize = GENEROUS.maxSize } = options.partials ?? {};
  const collected = await store.collect({ signal, partials: { maxAge, maxSize } });
  const { steps, images, bytes } = removed;
  return { steps, images, partials: collected.partials, bytes: bytes + collected.bytes };
}

/** By image ID. What is no image is nobody's leftover: it stays until it is removed by name. */
function byImage(roots: readonly KeptRoot[], host: Platform): ReadonlyMap<Digest, readonly KeptRoot[]> {
  const groups = new Map<Digest, KeptRoot[]>();
  for (const root of roots) {
    const id = shownImage(root, host)?.id;
    if (id !== undefined) groups.set(id, [...(groups.get(id) ?? []), root]);
  }
  return groups;
}

function isWanted(group: readonly KeptRoot[], host: Platform, options: PruneOptions): boolean {
  const { all = false, until, labels = [], withoutLabels = [] } = options;
  if (!all && group.some(({ reference }) => reference !== undefined && reference.digest === undefined)) return false;
  const config = group[0] && shownImage(group[0], host)?.config;
  if (config === undefined) return false;
  if (until !== undefined && !(Date.parse(config.created ?? '1970-01-01T00:00:00Z') <= until)) return false;
  const has = (label: string): boolean => hasLabel(config.labels, label);
  return labels.every(has) && !withoutLabels.some(has);
}
