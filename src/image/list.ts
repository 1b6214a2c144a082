import { type CallOptions, readDocument } from '#content';
import { isDrayError } from '#errors';
import {
  type Descriptor,
  familiarName,
  type ImageConfig,
  isArtifact,
  labelsOf,
  type Manifest,
  matchesRepository,
  type Platform,
  parseConfig,
  parseManifest,
  parseReference,
  pickPlatform,
} from '#oci';
import type { DiskStore, StoredReference } from '#store';
import type { ListImagesOptions, StoredImage } from './types.ts';

const LARGEST_CONFIG = 8 * 1024 * 1024;

/** The named images of the store, newest first. What a name needs and is not there leaves that name out, with a warning. */
export async function listImages(
  store: DiskStore,
  host: Platform,
  options: ListImagesOptions = {},
): Promise<readonly StoredImage[]> {
  const images: StoredImage[] = [];
  for (const stored of await store.references(options)) {
    if (stored.name === undefined) continue;
    if (options.reference !== undefined && !matchesRepository(parseReference(stored.name), options.reference)) continue;
    try {
      const image = await describe(stored, store, host, options);
      if (image !== undefined) images.push(image);
    } catch (error) {
      if (!isDrayError(error) || error.code === 'CANCELLED') throw error;
      options.onEvent?.({ kind: 'warning', text: `${stored.name} is not whole: ${error.message}` });
    }
  }
  return images.toSorted(
    (a, b) => compare(b.created, a.created) || compare(a.repository, b.repository) || compare(a.tag, b.tag),
  );
}

/** By code units: the locale's order would cost the start-up of its tables. */
function compare(a = '', b = ''): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

async function describe(
  stored: StoredReference,
  store: DiskStore,
  host: Platform,
  options: CallOptions,
): Promise<StoredImage | undefined> {
  const shown = pickPlatform(stored.manifests, host) ?? stored.manifests[0];
  if (shown === undefined) return undefined;
  const manifest = parseManifest(await readDocument(store, shown, options), shown.mediaType);
  if (isArtifact(manifest)) return undefined;
  const config = parseConfig(await readDocument(store, manifest.config, { ...options, limit: LARGEST_CONFIG }));
  const reference = parseReference(stored.name ?? '');
  return {
    id: manifest.config.digest,
    repository: familiarName(reference),
    tag: reference.digest === undefined ? reference.tag : undefined,
    digest: stored.root.digest,
    platform: shown.platform ?? platformOf(config),
    size: sizeOf(manifest, store),
    created: config.created,
    pulled: stored.pulled,
    source: stored.source,
    labels: labelsOf(config),
  };
}

/** What the layers take when unpacked, as far as that has been found out. */
function sizeOf(manifest: Manifest, store: DiskStore): number {
  return manifest.layers.reduce(
    (sum, layer: Descriptor) => sum + (store.layerFacts(layer.digest)?.size ?? layer.size),
    0,
  );
}

function platformOf({ os, architecture, variant }: ImageConfig): Platform {
  return { os, architecture, ...(variant !== undefined && { variant }) };
}
