import { type CallOptions, readDocument } from '#content';
import { isDrayError } from '#errors';
import {
  type Descriptor,
  type Digest,
  type ImageConfig,
  isArtifact,
  isManifestType,
  type Manifest,
  type Platform,
  parseConfig,
  parseManifest,
  parseReference,
  pickPlatform,
  type Reference,
} from '#oci';
import type { DiskStore, StoredReference } from '#store';
import { platformOf } from '../place/read-images.ts';

/** One platform's image in the store. */
export interface KeptImage {
  /** Digest of the config. */
  readonly id: Digest;
  readonly platform: Platform;
  readonly manifest: Descriptor;
  readonly document: Manifest;
  readonly config: ImageConfig;
  readonly configBytes: Uint8Array;
}

/** A root in the store with what could be read of its images; none for an artifact. */
export interface KeptRoot {
  readonly stored: StoredReference;
  /** Its name; undefined where it has none. */
  readonly reference: Reference | undefined;
  readonly images: readonly KeptImage[];
  /** What could not be read, and why. */
  readonly flaw: Error | undefined;
}

const LARGEST_CONFIG = 8 * 1024 * 1024;

/** All roots of the store, in no order. */
export async function keptRoots(store: DiskStore, options: CallOptions = {}): Promise<readonly KeptRoot[]> {
  const roots: KeptRoot[] = [];
  for (const stored of await store.references(options)) roots.push(await keptRoot(stored, store, options));
  return roots;
}

export async function keptRoot(
  stored: StoredReference,
  store: DiskStore,
  { signal }: CallOptions = {},
): Promise<KeptRoot> {
  const reference = stored.name === undefined ? undefined : parseReference(stored.name);
  const images: KeptImage[] = [];
  let flaw: Error | undefined;
  for (const manifest of manifestsOf(stored)) {
    try {
      const image = await readImage(manifest, store, { signal });
      if (image !== undefined) images.push(image);
    } catch (error) {
      if (!isDrayError(error) || error.code === 'CANCELLED') throw error;
      flaw ??= error;
    }
  }
  return { stored, reference, images, flaw };
}

/** A root that is a manifest itself may have been kept without saying so. */
function manifestsOf({ root, manifests }: StoredReference): readonly Descriptor[] {
  return manifests.length === 0 && isManifestType(root.mediaType) ? [root] : manifests;
}

/** What was read of a store's images before, by the manifest: whoever removes many looks at all of them each time. */
const known = new WeakMap<DiskStore, Map<Digest, KeptImage>>();
const MOST_KNOWN = 2000;
/** Bytes of a config that is kept in memory. */
const LARGEST_KNOWN = 64 * 1024;

async function readImage(manifest: Descriptor, store: DiskStore, options: CallOptions): Promise<KeptImage | undefined> {
  const images = known.get(store) ?? new Map<Digest, KeptImage>();
  known.set(store, images);
  const before = images.get(manifest.digest);
  if (before !== undefined && (await store.has(manifest)) && (await store.has(before.document.config))) {
    return { ...before, manifest, platform: manifest.platform ?? platformOf(before.config) };
  }
  const document = parseManifest(await readDocument(store, manifest, options), manifest.mediaType);
  if (isArtifact(document)) return undefined;
  const configBytes = await readDocument(store, document.config, { ...options, limit: LARGEST_CONFIG });
  const config = parseConfig(configBytes);
  const platform = manifest.platform ?? platformOf(config);
  const image = { id: document.config.digest, platform, manifest, document, config, configBytes };
  if (configBytes.length <= LARGEST_KNOWN && images.size < MOST_KNOWN) images.set(manifest.digest, image);
  return image;
}

/** What is shown of a root: the image for `wanted` where it has that, else its first. */
export function shownImage({ images }: KeptRoot, wanted: Platform): KeptImage | undefined {
  return imageFor(images, wanted) ?? images[0];
}

export function imageFor(images: readonly KeptImage[], wanted: Platform): KeptImage | undefined {
  const entries = images.map(({ manifest, platform }) => ({ ...manifest, platform }));
  const picked = pickPlatform(entries, wanted);
  return images.find(({ manifest }) => manifest.digest === picked?.digest);
}
