import { type CallOptions, readDocument } from '#content';
import {
  type Descriptor,
  type Digest,
  fullName,
  isIndexType,
  parseManifest,
  parseReference,
  type Reference,
} from '#oci';
import type { DiskStore } from '#store';
import type { Places } from '../places.ts';
import type { Selection } from './selection.ts';

/** Above these sizes, in bytes, docker asks so many repositories: a mount is a request, and small layers are sent as fast. */
const TRIES: readonly (readonly [least: number, tries: number])[] = [
  [10 * 1024 * 1024, 4],
  [100 * 1024, 3],
  [0, 1],
];

/**
 * Which repositories of the target's registry may have a layer already: the one that it comes from, or those whose images the store has, the
 * nearest by path first. Never the target itself.
 */
export async function mountCandidates(
  { image }: Selection,
  target: Reference,
  places: Places,
  options: CallOptions,
): Promise<(blob: Descriptor) => readonly string[]> {
  const { reference } = image;
  if (reference !== undefined) {
    const isSibling = reference.domain === target.domain && reference.path !== target.path;
    return () => (isSibling ? [reference.path] : []);
  }
  if (image.stored === undefined) return () => [];
  const known = await siblings(target, await places.store(), options);
  return ({ digest, size }) => {
    const tries = TRIES.find(([least]) => size >= least)?.[1] ?? 0;
    return [...(known.get(digest) ?? [])].toSorted((a, b) => nearness(b, target) - nearness(a, target)).slice(0, tries);
  };
}

/** Paths of other repositories of the registry, by the layers that their images in the store have. */
async function siblings(
  target: Reference,
  store: DiskStore,
  options: CallOptions,
): Promise<ReadonlyMap<Digest, ReadonlySet<string>>> {
  const known = new Map<Digest, Set<string>>();
  for (const { name, root, manifests } of await store.references(options)) {
    const reference = name === undefined ? undefined : parseReference(name);
    if (reference === undefined || reference.domain !== target.domain || fullName(reference) === fullName(target)) {
      continue;
    }
    for (const layer of await layersOf(
      [...(isIndexType(root.mediaType) ? [] : [root]), ...manifests],
      store,
      options,
    )) {
      const pushedAs = store.compressed(layer.digest)?.digest ?? layer.digest;
      known.set(pushedAs, (known.get(pushedAs) ?? new Set()).add(reference.path));
    }
  }
  return known;
}

async function layersOf(
  manifests: readonly Descriptor[],
  store: DiskStore,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  const layers: Descriptor[] = [];
  for (const manifest of manifests) {
    try {
      layers.push(...parseManifest(await readDocument(store, manifest, options), manifest.mediaType).layers);
    } catch {
      // What is not whole is no help, and no harm here.
    }
  }
  return layers;
}

/** Components that two paths have in common at their beginning. */
function nearness(path: string, { path: target }: Reference): number {
  const own = target.split('/');
  const other = path.split('/');
  const differs = other.findIndex((part, at) => part !== own[at]);
  return differs < 0 ? other.length : differs;
}
