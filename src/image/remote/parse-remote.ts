import { parseReference, type Reference } from '#oci';

/** Reads a name that can only be of a registry, also as `docker://NAME`. Throws INVALID_REFERENCE. */
export function parseRemote(text: string): Reference {
  return parseReference(text.replace(/^docker:\/\//, ''));
}
