import type { CallOptions } from '#content';
import type { Places } from '../places.ts';
import { findStored } from '../stored/find-stored.ts';
import type { PlacedImage } from './placed-image.ts';

/** An image of the store. Rejects as `findStored`. */
export async function storedImage(text: string, places: Places, options: CallOptions): Promise<PlacedImage> {
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
