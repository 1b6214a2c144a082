import type { CallOptions } from '#content';
import { hasCode } from '#errors';
import { fullName, fullString, parseReference, type Reference, withDefaultTag } from '#oci';
import type { DiskStore, StoredReference } from '#store';
import { keptNames } from '../copy/target-name.ts';
import { storedImage } from '../place/stored-image.ts';
import type { PlacedImage } from '../place/with-image.ts';
import type { Places } from '../places.ts';

/** An image that is to be saved. */
export interface ImageToSave {
  readonly image: PlacedImage;
  /** Full name; undefined where it was asked for by its ID or digest. */
  readonly name: string | undefined;
}

/**
 * The images of the store that texts stand for, each once: names, IDs and digests; a repository without a tag stands for all its tags, as in docker.
 * Rejects with MANIFEST_UNKNOWN, in docker's words, and INVALID_REFERENCE.
 */
export async function findImages(
  texts: readonly string[],
  places: Places,
  options: CallOptions,
): Promise<readonly ImageToSave[]> {
  const store = await places.store();
  const found = new Map<string, ImageToSave>();
  for (const text of texts.map((one) => one.replace(/^store:/, ''))) {
    for (const one of await find(text, store, places, options)) {
      found.set(`${one.name ?? ''}@${one.image.root.digest}`, one);
    }
  }
  return [...found.values()];
}

async function find(
  text: string,
  store: DiskStore,
  places: Places,
  options: CallOptions,
): Promise<readonly ImageToSave[]> {
  const reference = readName(text);
  if (reference !== undefined && reference.tag === undefined && reference.digest === undefined) {
    const tags = await tagsOf(reference, store, options);
    if (tags.length > 0) return Promise.all(tags.map((name) => named(name, name, places, options)));
  }
  const image = await storedImage(text, places, options);
  const full = reference === undefined ? undefined : fullString(withDefaultTag(reference));
  // An image that is found by its ID has a name too, but was not asked for by it.
  const name = full !== undefined && image.names.includes(full) && keptNames([full]).length > 0 ? full : undefined;
  return [{ image, name }];
}

async function named(text: string, name: string, places: Places, options: CallOptions): Promise<ImageToSave> {
  return { image: await storedImage(text, places, options), name };
}

function readName(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    // IDs are no names.
    if (hasCode(error, 'INVALID_REFERENCE') && /^(?:sha256:)?[0-9a-f]{4,64}$/.test(text)) return undefined;
    throw error;
  }
}

async function tagsOf(repository: Reference, store: DiskStore, options: CallOptions): Promise<readonly string[]> {
  const all = await store.references({ signal: options.signal });
  return all
    .filter((one): one is StoredReference & { readonly name: string } => one.name !== undefined)
    .map(({ name }) => parseReference(name))
    .filter((one) => one.tag !== undefined && one.digest === undefined && fullName(one) === fullName(repository))
    .map(fullString)
    .sort();
}
