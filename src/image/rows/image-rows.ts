import type { CallOptions } from '#content';
import { type Descriptor, type Digest, formatPlatform, type Platform } from '#oci';
import type { DiskStore } from '#store';
import type { KeptImage } from '../stored/kept-image.ts';
import { type KeptRoot, keptRoots, shownImage } from '../stored/kept-root.ts';
import { imageSize, layerSizes, type SizeOf } from '../stored/layer-size.ts';
import { repoDigests, repoTags } from '../stored/with-kept.ts';
import { type ImageManifest, imageManifests } from './image-manifests.ts';
import { sharedLayers } from './shared-layers.ts';

/** An image with all its names, as docker lists it. */
export interface ImageRow {
  /** Digest of the config of the platform that is shown. */
  readonly id: Digest;
  /** What its first name stands for. */
  readonly root: Descriptor;
  /** Names with a tag, `alpine:3.20`, in docker's order. */
  readonly tags: readonly string[];
  /** What registries have it as, `alpine@sha256:…`. */
  readonly digests: readonly string[];
  /** RFC 3339, from the config. */
  readonly created: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes, as in `listImages`. */
  readonly size: number;
  /** Of `size`: layers that other images have too. */
  readonly shared?: number;
  readonly manifests?: readonly ImageManifest[];
}

export interface ImageRows {
  /** Newest first. */
  readonly rows: readonly ImageRow[];
  /** Bytes of all layers, each counted once; undefined where what is shared was not asked for. */
  readonly layersSize?: number;
}

export interface ImageRowsOptions extends CallOptions {
  /** Says what images share. */
  readonly shared?: boolean | undefined;
  /** Lists what is below the roots. */
  readonly manifests?: boolean | undefined;
}

/** What was made of roots, where that can be nothing else as long as they are the same. */
const lastRows = new WeakMap<readonly KeptRoot[], { readonly of: string; readonly found: ImageRows }>();

/**
 * The images of the store, one row for each ID. What cannot be read, and what is no image, is left out. The same list again as long as nothing has
 * changed.
 */
export async function imageRows(store: DiskStore, host: Platform, options: ImageRowsOptions = {}): Promise<ImageRows> {
  const { shared: withShared = false, manifests: withManifests = false } = options;
  const roots = await keptRoots(store, options);
  const of = `${formatPlatform(host)} ${withShared} ${withManifests}`;
  const before = lastRows.get(roots);
  if (before?.of === of) return before.found;
  const groups = groupsOf(roots, host);
  const images = groups.map(({ image }) => image);
  const { sizeOf, isFinal } = await layerSizes(images, store, options);
  const shared = withShared ? sharedLayers(images, sizeOf) : undefined;
  const rows: ImageRow[] = [];
  for (const group of groups) {
    const bytes = shared?.sharedBy(group.image);
    rows.push({
      ...rowOf(group, sizeOf),
      ...(bytes !== undefined && { shared: bytes }),
      ...(withManifests && { manifests: await manifestsOf(group, store, options) }),
    });
  }
  const found = { rows: newestFirst(rows), ...(shared !== undefined && { layersSize: shared.total }) };
  // Whether all of an index is there is asked each time.
  if (isFinal && !withManifests) lastRows.set(roots, { of, found });
  return found;
}

interface Group {
  readonly image: KeptImage;
  /** By name; what has none comes last. */
  readonly roots: readonly [KeptRoot, ...KeptRoot[]];
}

function groupsOf(roots: readonly KeptRoot[], host: Platform): readonly Group[] {
  const groups = new Map<Digest, { image: KeptImage; roots: [KeptRoot, ...KeptRoot[]] }>();
  for (const root of roots.toSorted(byName)) {
    const image = shownImage(root, host);
    if (image === undefined) continue;
    const group = groups.get(image.id);
    if (group === undefined) groups.set(image.id, { image, roots: [root] });
    else group.roots.push(root);
  }
  return [...groups.values()];
}

function rowOf({ image, roots }: Group, sizeOf: SizeOf): ImageRow {
  return {
    id: image.id,
    root: roots[0].stored.root,
    tags: repoTags(roots),
    digests: repoDigests(roots),
    created: image.config.created,
    labels: image.config.labels,
    size: imageSize(image, sizeOf),
  };
}

/** One image can be known by several roots: an index, and its manifest alone. */
async function manifestsOf(
  { roots }: Group,
  store: DiskStore,
  options: CallOptions,
): Promise<readonly ImageManifest[]> {
  const all = new Map<Digest, ImageManifest>();
  for (const [, root] of new Map(roots.map((each) => [each.stored.root.digest, each]))) {
    for (const one of await imageManifests(root, store, options)) all.set(one.descriptor.digest, one);
  }
  return [...all.values()];
}

const LAST = '\u{10FFFF}';

function byName(a: KeptRoot, b: KeptRoot): number {
  return compare(a.stored.name ?? LAST, b.stored.name ?? LAST) || compare(a.stored.root.digest, b.stored.root.digest);
}

function newestFirst(rows: readonly ImageRow[]): readonly ImageRow[] {
  const timed = rows.map((row) => ({ row, time: timeOf(row) }));
  timed.sort((a, b) => b.time - a.time || compare(b.row.created, a.row.created) || compare(a.row.id, b.row.id));
  return timed.map(({ row }) => row);
}

function timeOf({ created = '' }: ImageRow): number {
  const time = Date.parse(created);
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}

function compare(a = '', b = ''): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
