import type { CallOptions } from '#content';
import { isDrayError } from '#errors';
import { type Descriptor, isManifestType, type Platform, parseReference, pickPlatform, type Reference } from '#oci';
import type { DiskStore, StoredReference } from '#store';
import { platformOf } from '../place/read-images.ts';
import { type KeptImage, keptImage, readWhole } from './kept-image.ts';
import { KnownImages } from './known-images.ts';

/** A root in the store with what could be read of its images; none for an artifact. */
export interface KeptRoot {
  readonly stored: StoredReference;
  /** Its name; undefined where it has none. */
  readonly reference: Reference | undefined;
  readonly images: readonly KeptImage[];
  /** What could not be read, and why. */
  readonly flaw: Error | undefined;
}

/** What was read of a store before: whoever asks an engine again and again looks at all images each time. */
const known = new WeakMap<DiskStore, KnownImages>();

/** The roots of references that the store gives again as they are. */
const lastRoots = new WeakMap<readonly StoredReference[], readonly KeptRoot[]>();

/** Of references that the store gives again as they are. */
const parsed = new WeakMap<StoredReference, Reference>();

/** All roots of the store, in no order; the same list as long as nothing has changed. */
export async function keptRoots(store: DiskStore, options: CallOptions = {}): Promise<readonly KeptRoot[]> {
  const references = await store.references(options);
  const before = lastRoots.get(references);
  if (before?.every((root) => isWhole(root, store)) === true) return before;
  const images = knownIn(store);
  const look = images.begin();
  const roots: KeptRoot[] = [];
  for (const stored of references) roots.push(await readRoot(stored, store, look, options));
  images.end(look);
  if (roots.every((root) => isRemembered(root, images))) lastRoots.set(references, roots);
  return roots;
}

/** Whether all that was read is still there. */
function isWhole({ stored, images }: KeptRoot, store: DiskStore): boolean {
  return (
    manifestsOf(stored).every((manifest) => isThere(manifest, store)) &&
    images.every(({ document }) => isThere(document.config, store))
  );
}

/** Without what is beyond the bound of memory. */
function isRemembered({ flaw, images }: KeptRoot, among: KnownImages): boolean {
  return flaw === undefined && images.every(({ manifest }) => among.get(manifest.digest) !== undefined);
}

/** Others may take any blob away at any time. What cannot be looked for is not believed to be there: whoever reads it is told why. */
function isThere(blob: Descriptor, store: DiskStore): boolean {
  try {
    return store.blobFile(blob) !== undefined;
  } catch {
    return false;
  }
}

export async function keptRoot(
  stored: StoredReference,
  store: DiskStore,
  options: CallOptions = {},
): Promise<KeptRoot> {
  return readRoot(stored, store, knownIn(store).begin(), options);
}

/** What was read of a reference in a look at all. */
export function findRoot(roots: readonly KeptRoot[], { name, root }: StoredReference): KeptRoot | undefined {
  return roots.find(({ stored }) => stored.name === name && stored.root.digest === root.digest);
}

function knownIn(store: DiskStore): KnownImages {
  const images = known.get(store) ?? new KnownImages();
  known.set(store, images);
  return images;
}

async function readRoot(
  stored: StoredReference,
  store: DiskStore,
  look: number,
  { signal }: CallOptions,
): Promise<KeptRoot> {
  const images: KeptImage[] = [];
  let flaw: Error | undefined;
  for (const manifest of manifestsOf(stored)) {
    try {
      const image = await readImage(manifest, store, look, { signal });
      if (image !== undefined) images.push(image);
    } catch (error) {
      if (!isDrayError(error) || error.code === 'CANCELLED') throw error;
      flaw ??= error;
    }
  }
  return { stored, reference: referenceOf(stored), images, flaw };
}

function referenceOf(stored: StoredReference): Reference | undefined {
  if (stored.name === undefined) return undefined;
  const reference = parsed.get(stored) ?? parseReference(stored.name);
  parsed.set(stored, reference);
  return reference;
}

/** A root that is a manifest itself may have been kept without saying so. */
function manifestsOf({ root, manifests }: StoredReference): readonly Descriptor[] {
  return manifests.length === 0 && isManifestType(root.mediaType) ? [root] : manifests;
}

async function readImage(
  manifest: Descriptor,
  store: DiskStore,
  look: number,
  options: CallOptions,
): Promise<KeptImage | undefined> {
  const images = knownIn(store);
  const before = images.get(manifest.digest);
  const isSame = before?.mediaType === manifest.mediaType && isThere(manifest, store);
  if (isSame && (before.image === undefined || isThere(before.image.document.config, store))) {
    images.met(manifest.digest, look);
    return before.image && as(manifest, before.image);
  }
  const whole = await readWhole(manifest, store, options);
  const image = whole && keptImage(whole);
  images.add(manifest.digest, { mediaType: manifest.mediaType, image }, look);
  return image;
}

/** Two indexes may say different things of one manifest. */
function as(manifest: Descriptor, image: KeptImage): KeptImage {
  if (image.manifest === manifest) return image;
  return { ...image, manifest, platform: manifest.platform ?? platformOf(image.config) };
}

/** What is shown of a root: the image for `wanted` where it has that, else its first. */
export function shownImage({ images }: KeptRoot, wanted: Platform): KeptImage | undefined {
  if (images.length < 2) return images[0];
  return imageFor(images, wanted) ?? images[0];
}

export function imageFor(images: readonly KeptImage[], wanted: Platform): KeptImage | undefined {
  const entries = images.map(({ manifest, platform }) => ({ ...manifest, platform }));
  const picked = pickPlatform(entries, wanted);
  return images.find(({ manifest }) => manifest.digest === picked?.digest);
}
