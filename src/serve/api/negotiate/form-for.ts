import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, SCHEMA1_MANIFEST, SCHEMA1_SIGNED_MANIFEST } from '#oci';
import type { Rules } from '../rules.ts';

/**
 * How a manifest is answered: as it is kept; the image of a Docker list for linux/amd64; Docker's schema2 as signed schema1, of a list that of
 * its linux/amd64 image; schema1, which is kept without signatures, signed.
 */
export type Form = 'stored' | 'child' | 'schema1' | 'schema1 of the child' | 'signed';

/** Types by which a client shows that it knows more than schema1. */
const LATER = [DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX];

/**
 * The form that a client is answered in who sends this Accept header. Only Docker's own types have several; what is OCI's, or nobody's, is
 * answered as it is. A header without any type of a later manifest (none, a browser's, all types) is that of a client that knows schema1 alone.
 * Weights (`q=`) count for nothing, as ever with registries.
 * @param accept `any` for who asks by digest: nothing is made of it then
 */
export function formFor(mediaType: string, accept: string | undefined, schema1: Rules['schema1']): Form {
  if (mediaType !== DOCKER_MANIFEST && mediaType !== DOCKER_LIST) {
    return mediaType === SCHEMA1_MANIFEST || mediaType === SCHEMA1_SIGNED_MANIFEST ? 'signed' : 'stored';
  }
  if (accept === 'any' || accept?.includes(mediaType) === true) return 'stored';
  const types = accept?.toLowerCase() ?? '';
  if (types.includes(mediaType)) return 'stored';
  if (!LATER.some((type) => types.includes(type))) {
    if (schema1 === 'off') return 'stored';
    return mediaType === DOCKER_LIST ? 'schema1 of the child' : 'schema1';
  }
  return mediaType === DOCKER_LIST && types.includes(DOCKER_MANIFEST) ? 'child' : 'stored';
}
