import { parsePlace, SCHEME } from './parse-place.ts';

/** True for the path of an archive or a layout, or what says that it is another place than the store. Rejects with NOT_FOUND for a path at which there is nothing. */
export function isPlace(text: string): boolean {
  return text.startsWith('store:') || parsePlace(text, { plain: 'store' }).kind !== 'store';
}

/** True for what says by its beginning which place it is, as no path and no plain name does: `docker://NAME`, `oci:DIR`. */
export function hasScheme(text: string): boolean {
  const rest = SCHEME.exec(text)?.groups?.['rest'] ?? '';
  return rest !== '' && rest !== '//';
}
