import { DrayError } from '#errors';
import { familiarName, type Reference } from '#oci';

/** In docker's words. */
export function notLocal(reference: Reference): DrayError {
  return new DrayError('NOT_FOUND', `An image does not exist locally with the tag: ${familiarName(reference)}`, {
    hint: 'dray images lists what is there; an archive or a layout is pushed by its path: dray push PATH NAME',
  });
}
