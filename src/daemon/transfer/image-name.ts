import { isDrayError } from '#errors';
import { isDigest, isTag, parseReference, type Reference, refuseReservedName } from '#oci';
import { EngineError } from '../http/engine-error.ts';

/**
 * The image that a request is about: a name, and what the `tag` parameter says, a tag or a digest, in place of what the name has. Neither stands
 * for all tags. Throws an EngineError, in docker's words.
 */
export function imageName(name: string, tag: string): Reference {
  const { domain, path, ...rest } = parsed(name);
  if (tag === '') return { domain, path, ...rest };
  if (isDigest(tag)) return { domain, path, digest: tag };
  if (!isTag(tag)) throw new EngineError(400, 'invalid tag format');
  return { domain, path, tag, ...(rest.digest !== undefined && { digest: rest.digest }) };
}

function parsed(name: string): Reference {
  let reference: Reference;
  try {
    // The docker command says "all tags" with a colon and nothing behind it.
    reference = parseReference(name.replace(/:$/, ''));
  } catch (error) {
    throw isDrayError(error) ? new EngineError(400, error.message, { cause: error }) : error;
  }
  try {
    refuseReservedName(reference);
  } catch (error) {
    throw isDrayError(error) ? new EngineError(403, error.message, { cause: error }) : error;
  }
  return reference;
}
