import type { CallOptions } from '#content';
import { hasCode } from '#errors';
import { parseReference, withDefaultTag } from '#oci';
import type { Places } from '../places.ts';
import { parsePlace } from './parse-place.ts';
import type { Place } from './place.ts';
import type { PlacedImage } from './placed-image.ts';
import { registryImage } from './registry-image.ts';
import { storedImage } from './stored-image.ts';

export type { PlacedImage } from './placed-image.ts';

export interface WithImageOptions extends CallOptions {
  /** What a plain name stands for; `store-first` looks there, and asks the registry for what is not in the store. */
  readonly plain: 'registry' | 'store' | 'store-first';
  /** For messages: "unpack", "copy". */
  readonly action: string;
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
  if (plain !== 'store-first' || place.kind !== 'store' || text.startsWith('store:')) {
    return withImagesAt(place, places, { ...options, several: false }, ([image]) => work(image));
  }
  const image = await storedImage(place.text, places, options).catch((error: unknown) => {
    if (hasCode(error, 'MANIFEST_UNKNOWN')) return undefined;
    throw error;
  });
  if (image !== undefined) return work(image);
  return registryImage(withDefaultTag(parseReference(text)), places, options, work);
}

export interface WithImagesOptions extends Pick<WithImageOptions, 'action' | 'signal' | 'onEvent'> {
  /** A layout or an archive of which nothing says which image is meant stands for all that it has. */
  readonly several: boolean;
}

/** As `withImage`, for a place that is known, and where that is asked for for all images in it. */
export async function withImagesAt<T>(
  place: Place,
  places: Places,
  options: WithImagesOptions,
  work: (images: readonly [PlacedImage, ...PlacedImage[]]) => Promise<T>,
): Promise<T> {
  switch (place.kind) {
    case 'registry':
      return registryImage(place.reference, places, options, (image) => work([image]));
    case 'store':
      return work([await storedImage(place.text, places, options)]);
    case 'oci-dir': {
      const { layoutImages } = await import('./layout-images.ts');
      return work(await layoutImages(place, options));
    }
    case 'oci-archive':
    case 'docker-archive': {
      const { withArchivedImages } = await import('./archived-images.ts');
      return withArchivedImages(place, places, options, work);
    }
    case 'docker-daemon': {
      const { withEngineImage } = await import('./engine-image.ts');
      return withEngineImage(place, places, options, (image) => work([image]));
    }
  }
}
