import { type CallOptions, readDocument } from '#content';
import { type Descriptor, type Digest, familiarString, type Platform, parseManifest, parseReference } from '#oci';
import type { DiskStore } from '#store';
import type { ReadImages } from '../place/read-images.ts';
import { shownManifest } from '../stored/find-stored.ts';
import type { LoadedImage, MovedName } from './loaded.ts';

export interface NamingOptions extends CallOptions {
  readonly host: Platform;
}

/** Gives an image, all of which is in the store, its names; without any it is kept by its digest. */
export async function nameImage(
  read: ReadImages,
  names: readonly string[],
  store: DiskStore,
  options: NamingOptions,
): Promise<LoadedImage> {
  const { signal } = options;
  const { root } = read;
  const manifests = read.images.map(({ manifest, platform }): Descriptor => ({ ...manifest, platform }));
  const id = read.images[0]?.document.config.digest ?? root.digest;
  const moved: MovedName[] = [];
  for (const name of names) {
    const from = await holderOf(name, store, options);
    if (from !== undefined && from !== id) moved.push({ name: familiarString(parseReference(name)), from });
    await store.remember({ name, root, manifests }, { signal });
  }
  if (names.length === 0) await store.remember({ root, manifests }, { signal });
  return {
    names: names.map((name) => familiarString(parseReference(name))),
    moved,
    id,
    root,
    platforms: read.images.map(({ platform }) => platform),
  };
}

/** ID of the image that has the name now. */
async function holderOf(name: string, store: DiskStore, options: NamingOptions): Promise<Digest | undefined> {
  const stored = await store.reference(name, { signal: options.signal });
  if (stored === undefined) return undefined;
  const manifest = shownManifest({ stored, manifest: undefined }, options.host);
  if (manifest === undefined) return stored.root.digest;
  try {
    const bytes = await readDocument(store, manifest, { signal: options.signal });
    return parseManifest(bytes, manifest.mediaType).config.digest;
  } catch {
    // An image that is damaged loses its name like any other.
    return stored.root.digest;
  }
}
