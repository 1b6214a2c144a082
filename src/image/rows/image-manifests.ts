import { type CallOptions, readDocument } from '#content';
import { isDrayError } from '#errors';
import {
  type Descriptor,
  type Digest,
  isArtifact,
  isAttestation,
  isForeignLayerType,
  isIndexType,
  isManifestType,
  type Manifest,
  type Platform,
  parseIndex,
  parseManifest,
} from '#oci';
import type { DiskStore } from '#store';
import type { KeptRoot } from '../stored/kept-root.ts';

/** One manifest of an image, here or not. */
export interface ImageManifest {
  /** As the index has it. */
  readonly descriptor: Descriptor;
  readonly kind: 'image' | 'attestation' | 'unknown';
  /** Whether all of it is here. */
  readonly available: boolean;
  /** Bytes of it that are here: manifest, config and layers. */
  readonly contentSize: number;
  /** Of an image, where its index or its config says it. */
  readonly platform: Platform | undefined;
}

/** The manifests below a root (or the root, where it is one): what is all here first, else in the order of the index. */
export async function imageManifests(
  root: KeptRoot,
  store: DiskStore,
  options: CallOptions,
): Promise<readonly ImageManifest[]> {
  const platforms = new Map(root.images.map(({ manifest, platform }) => [manifest.digest, platform]));
  const found: ImageManifest[] = [];
  for (const descriptor of await manifestsBelow(root.stored.root, store, options)) {
    found.push(await describe(descriptor, platforms.get(descriptor.digest), store, options));
  }
  return [...found.filter(({ available }) => available), ...found.filter(({ available }) => !available)];
}

async function manifestsBelow(
  root: Descriptor,
  store: DiskStore,
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  const manifests = new Map<Digest, Descriptor>();
  const seen = new Set<Digest>();
  const queue = [root];
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
    if (!isIndexType(entry.mediaType)) {
      manifests.set(entry.digest, manifests.get(entry.digest) ?? entry);
      continue;
    }
    if (seen.has(entry.digest)) continue;
    seen.add(entry.digest);
    queue.unshift(...((await readAs(parseIndex, entry, store, options))?.manifests ?? []));
  }
  return [...manifests.values()];
}

async function describe(
  descriptor: Descriptor,
  known: Platform | undefined,
  store: DiskStore,
  options: CallOptions,
): Promise<ImageManifest> {
  const isManifest = isManifestType(descriptor.mediaType);
  const manifest = isManifest ? await readAs(parseManifest, descriptor, store, options) : undefined;
  const kind = kindOf(descriptor, manifest);
  const platform = kind === 'image' ? (descriptor.platform ?? known) : undefined;
  if (manifest === undefined) return { descriptor, kind, available: false, contentSize: 0, platform };
  let available = true;
  let contentSize = descriptor.size;
  for (const blob of [manifest.config, ...manifest.layers]) {
    if (await store.has(blob, options)) contentSize += blob.size;
    // foreign layers stay where they are
    else if (!isForeignLayerType(blob.mediaType)) available = false;
  }
  return { descriptor, kind, available, contentSize, platform };
}

function kindOf(descriptor: Descriptor, manifest: Manifest | undefined): ImageManifest['kind'] {
  if (isAttestation(descriptor)) return 'attestation';
  if (!isManifestType(descriptor.mediaType)) return 'unknown';
  if (manifest !== undefined) return isArtifact(manifest) ? 'unknown' : 'image';
  return descriptor.platform === undefined || descriptor.artifactType !== undefined ? 'unknown' : 'image';
}

/** Undefined for what is not here, or cannot be understood. */
async function readAs<T>(
  parse: (bytes: Uint8Array, mediaType: string) => T,
  target: Descriptor,
  store: DiskStore,
  options: CallOptions,
): Promise<T | undefined> {
  if (!(await store.has(target, options))) return undefined;
  try {
    return parse(await readDocument(store, target, options), target.mediaType);
  } catch (error) {
    if (!isDrayError(error) || error.code === 'CANCELLED') throw error;
    return undefined;
  }
}
