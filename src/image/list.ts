import { familiarName, matchesRepository, type Platform } from '#oci';
import type { DiskStore } from '#store';
import type { KeptImage } from './stored/kept-image.ts';
import { type KeptRoot, keptRoots, shownImage } from './stored/kept-root.ts';
import { imageSize, layerSizes } from './stored/layer-size.ts';
import type { ListImagesOptions, StoredImage } from './types.ts';

/**
 * The images of the store, newest first, one for each name, and those that have none. What a name needs and is not there leaves that name out, with a
 * warning.
 */
export async function listImages(
  store: DiskStore,
  host: Platform,
  options: ListImagesOptions = {},
): Promise<readonly StoredImage[]> {
  const found: { readonly root: KeptRoot; readonly shown: KeptImage }[] = [];
  for (const root of await keptRoots(store, options)) {
    if (!isWanted(root, options)) continue;
    const shown = shownImage(root, host);
    if (shown !== undefined) found.push({ root, shown });
    else if (root.flaw !== undefined) {
      const name = root.stored.name ?? root.stored.root.digest;
      options.onEvent?.({ kind: 'warning', text: `${name} is not whole: ${root.flaw.message}` });
    }
  }
  const { sizeOf } = await layerSizes(
    found.map(({ shown }) => shown),
    store,
    { signal: options.signal },
  );
  const images = found.map(({ root, shown }) => describe(root, shown, imageSize(shown, sizeOf)));
  return images.toSorted(
    (a, b) =>
      compare(b.created, a.created) ||
      compare(a.id, b.id) ||
      compare(a.repository, b.repository) ||
      compare(a.tag, b.tag),
  );
}

function isWanted({ reference }: KeptRoot, options: ListImagesOptions): boolean {
  if (options.reference === undefined) return true;
  return reference !== undefined && matchesRepository(reference, options.reference);
}

/** By code units: the locale's order would cost the start-up of its tables. */
function compare(a = '', b = ''): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function describe({ stored, reference }: KeptRoot, shown: KeptImage, size: number): StoredImage {
  return {
    id: shown.id,
    repository: reference && familiarName(reference),
    tag: reference?.digest === undefined ? reference?.tag : undefined,
    digest: stored.root.digest,
    platform: shown.platform,
    size,
    created: shown.config.created,
    pulled: stored.pulled,
    source: stored.source,
    labels: shown.config.labels,
  };
}
