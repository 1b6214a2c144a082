import { DrayError } from '#errors';
import { familiarName, familiarString, type Reference } from '#oci';

/** In docker's words. Of two names the second may have been meant as the target of the first. */
export function notLocal(reference: Reference, all: readonly Reference[] = [reference]): DrayError {
  const [first] = all;
  const isTarget = all.length === 2 && first !== undefined && first !== reference;
  return new DrayError('NOT_FOUND', `An image does not exist locally with the tag: ${familiarName(reference)}`, {
    hint: isTarget
      ? `to push one image under another name: dray copy store:${familiarString(first)} ${familiarString(reference)}`
      : 'dray images lists what is there; an archive or a layout is pushed by its path: dray push PATH NAME',
  });
}
