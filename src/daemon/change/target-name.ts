import { fullString, isTag, parseReference, withDefaultTag } from '#oci';
import { EngineError } from '../http/engine-error.ts';

/**
 * The name that an image is to get, in full, as docker reads its two parameters: a tag of its own comes in place of one in the name. Throws an
 * EngineError 400, or INVALID_REFERENCE.
 */
export function targetName(repository: string, tag: string): string {
  const reference = parseReference(repository);
  if (reference.digest !== undefined) throw new EngineError(400, 'cannot import digest reference');
  if (tag === '') return fullString(withDefaultTag(reference));
  if (!isTag(tag)) throw new EngineError(400, 'invalid tag format');
  return fullString({ ...reference, tag });
}
