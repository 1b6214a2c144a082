import type { CallOptions } from '#content';
import { type Descriptor, type Digest, familiarName, fullString, type Platform } from '#oci';
import type { DiskStore } from '#store';
import { type KeptRoot, keptRoots, shownImage } from '../stored/kept-root.ts';

/** What the store takes on the disk. All sizes are bytes of files, compressed as they came. */
export interface StoreUsage {
  /** One for each image ID, the largest first. */
  readonly images: readonly ImageUsage[];
  /** Blobs that images need, each counted once. */
  readonly imageBytes: number;
  /** Blobs that no image needs: of interrupted pulls, and of work that is going on. */
  readonly unused: { readonly count: number; readonly bytes: number };
  /** What is there of blobs that are not whole. */
  readonly partials: { readonly count: number; readonly bytes: number };
}

export interface ImageUsage {
  readonly id: Digest;
  /** Familiar names with their tags; a repository alone where it is known by digest. */
  readonly names: readonly { readonly repository: string; readonly tag: string | undefined }[];
  /** RFC 3339, from the config. */
  readonly created: string | undefined;
  readonly size: number;
  /** Of `size`: what other images need too. */
  readonly shared: number;
  readonly unique: number;
}

/** Says where the room on the disk goes. Nothing is changed. */
export async function storeUsage(store: DiskStore, host: Platform, options: CallOptions = {}): Promise<StoreUsage> {
  const groups = new Map<Digest, KeptRoot[]>();
  for (const root of await keptRoots(store, options)) {
    const id = shownImage(root, host)?.id ?? root.stored.root.digest;
    groups.set(id, [...(groups.get(id) ?? []), root]);
  }
  const users = new Map<Digest, Set<Digest>>();
  for (const [id, roots] of groups) {
    for (const { digest } of roots.flatMap(contentOf)) users.set(digest, (users.get(digest) ?? new Set()).add(id));
  }
  const images = [...groups].map(([id, roots]) => usageOf(id, roots, users, host));
  const unneeded = (await store.collect({ ...options, dryRun: true })).blobs;
  const all = await store.blobs(options);
  const partials = await store.partials(options);
  const unused = { count: unneeded.length, bytes: sum(unneeded) };
  return {
    images: images.toSorted((a, b) => b.size - a.size),
    imageBytes: sum(all) - unused.bytes,
    unused,
    partials: { count: partials.length, bytes: sum(partials) },
  };
}

function contentOf({ stored, images }: KeptRoot): readonly Descriptor[] {
  return [stored.root, ...images.flatMap(({ manifest, document }) => [manifest, document.config, ...document.layers])];
}

function usageOf(
  id: Digest,
  roots: readonly KeptRoot[],
  users: ReadonlyMap<Digest, ReadonlySet<Digest>>,
  host: Platform,
): ImageUsage {
  const content = [...new Map(roots.flatMap(contentOf).map((each) => [each.digest, each])).values()];
  const shared = content.filter(({ digest }) => (users.get(digest)?.size ?? 0) > 1);
  const size = sum(content);
  return {
    id,
    names: roots
      .flatMap(({ reference }) => reference ?? [])
      .toSorted((a, b) => (fullString(a) < fullString(b) ? -1 : 1))
      .map((reference) => ({
        repository: familiarName(reference),
        tag: reference.digest === undefined ? reference.tag : undefined,
      })),
    created: roots.map((root) => shownImage(root, host)?.config.created).find((created) => created !== undefined),
    size,
    shared: sum(shared),
    unique: size - sum(shared),
  };
}

function sum(some: readonly { readonly size: number }[]): number {
  return some.reduce((total, { size }) => total + size, 0);
}
