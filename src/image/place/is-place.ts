import { parsePlace } from './parse-place.ts';

/** True for the path of an archive or a layout, or what says that it is another place than the store. Rejects with NOT_FOUND for a path at which there is nothing. */
export function isPlace(text: string): boolean {
  return text.startsWith('store:') || parsePlace(text, { plain: 'store' }).kind !== 'store';
}
