import { isDrayError } from '#errors';
import { fullString } from '#oci';
import { parsePlace } from './parse-place.ts';

/** The registry reference that a place of a copy is, as a list of one; none for other places, and for what is none at all, which is said where it is used. */
export function registryOf(text: string): readonly string[] {
  try {
    const place = parsePlace(text, { plain: 'registry', target: true });
    return place.kind === 'registry' ? [fullString(place.reference)] : [];
  } catch (error) {
    if (isDrayError(error)) return [];
    throw error;
  }
}
