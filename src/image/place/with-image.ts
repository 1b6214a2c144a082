import type { CallOptions, Source } from '#content';
import { DrayError, hasCode } from '#errors';
import { type Descriptor, familiarString, fullString, parseReference, type Reference, withDefaultTag } from '#oci';
import { openOciLayout } from '#store';
import type { Places } from '../places.ts';
import { type FoundStored, findStored } from '../stored/find-stored.ts';
import { parsePlace } from './parse-place.ts';
import type { ArchivePlace, Place } from './place.ts';

export interface WithImageOptions extends CallOptions {
  /** What a plain name stands for; `store-first` looks there, and asks the registry for what is not in the store. */
  readonly plain: 'registry' | 'store' | 'store-first';
  /** For messages: "unpack", "copy". */
  readonly action: string;
}

/** An image where it was found. */
export interface PlacedImage {
  readonly place: Place['kind'];
  /** For messages: the image's name there. */
  readonly what: string;
  readonly source: Source;
  readonly root: Descriptor;
  /** The root's bytes where asking for it has brought them. */
  readonly rootBytes?: Uint8Array | undefined;
  /** Full names that it has there. */
  readonly names: readonly string[];
  /** In the store: what is kept of it. */
  readonly stored?: FoundStored | undefined;
}

/**
 * Finds the image that `text` names and lets `work` use it; whatever was opened for that is closed again. With a registry, `work` may be called
 * again for the next endpoint. Rejects with INVALID_REFERENCE, NOT_FOUND, MANIFEST_UNKNOWN and what the place rejects with.
 */
export async function withImage<T>(
  text: string,
  places: Places,
  options: WithImageOptions,
  work: (image: PlacedImage) => Promise<T>,
): Promise<T> {
  const { plain } = options;
  const place = parsePlace(text, { plain: plain === 'registry' ? 'registry' : 'store' });
  if (place.kind !== 'store') return withPlace(place, places, options, work);
  const image = await storedImage(place.text, places, options).catch((error: unknown) => {
    if (plain === 'store-first' && !text.startsWith('store:') && hasCode(error, 'MANIFEST_UNKNOWN')) return undefined;
    throw error;
  });
  if (image !== undefined) return work(image);
  return withRegistry(withDefaultTag(parseReference(text)), places, options, work);
}

async function withPlace<T>(
  place: Exclude<Place, { readonly kind: 'store' }>,
  places: Places,
  options: WithImageOptions,
  work: (image: PlacedImage) => Promise<T>,
): Promise<T> {
  switch (place.kind) {
    case 'registry':
      return withRegistry(place.reference, places, options, work);
    case 'oci-dir':
      return work(await layoutImage(place, options));
    case 'oci-archive':
    case 'docker-archive':
      return withArchive(place, places, options, work);
    case 'docker-daemon':
      throw new DrayError('UNSUPPORTED', 'images of a Docker engine cannot be read yet', {
        hint: 'docker save -o FILE, then name that file',
      });
  }
}

async function storedImage(text: string, places: Places, options: CallOptions): Promise<PlacedImage> {
  const store = await places.store();
  const stored = await findStored(text, store, options);
  const { root, name } = stored.stored;
  return {
    place: 'store',
    what: text,
    source: store,
    root: stored.manifest ?? root,
    names: name === undefined ? [] : [name],
    stored,
  };
}

async function withRegistry<T>(
  reference: Reference,
  places: Places,
  { action, signal, onEvent }: WithImageOptions,
  work: (image: PlacedImage) => Promise<T>,
): Promise<T> {
  return places.registries.over(
    reference,
    async (repository) => {
      const { descriptor, bytes } = await repository.manifest(reference.digest ?? reference.tag ?? 'latest', {
        signal,
        onEvent,
      });
      return work({
        place: 'registry',
        what: familiarString(reference),
        source: repository,
        root: descriptor,
        rootBytes: bytes,
        names: [fullString(reference)],
      });
    },
    { action, signal, onEvent },
  );
}

async function layoutImage(
  { path, tag }: { readonly path: string; readonly tag?: string | undefined },
  options: CallOptions,
): Promise<PlacedImage> {
  const layout = await openOciLayout(path);
  const roots = await layout.roots(options);
  const [only, ...others] = roots;
  if (tag === undefined && only !== undefined && others.length === 0) {
    return { place: 'oci-dir', what: path, source: layout, root: only, names: [] };
  }
  if (tag === undefined) throw notOne(path, roots.length);
  return {
    place: 'oci-dir',
    what: `${path}:${tag}`,
    source: layout,
    root: await layout.resolve(tag, options),
    names: [],
  };
}

async function withArchive<T>(
  { kind, path, tag }: ArchivePlace,
  places: Places,
  { signal }: WithImageOptions,
  work: (image: PlacedImage) => Promise<T>,
): Promise<T> {
  const { archivedImage, openArchivePlace } = await import('./archived-image.ts');
  const archive = await openArchivePlace({ path }, places, { signal });
  try {
    const { root, names } = archivedImage(archive, path, tag);
    return await work({ place: kind, what: tag === undefined ? path : `${path}:${tag}`, source: archive, root, names });
  } finally {
    await archive.close();
  }
}

function notOne(path: string, count: number): DrayError {
  return new DrayError('NOT_FOUND', `${path} has ${count} images`, {
    hint: count === 0 ? 'nothing was put into it yet' : `say which: oci:${path}:TAG`,
  });
}
