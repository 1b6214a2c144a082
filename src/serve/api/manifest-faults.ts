import { type ApiError, apiError } from '../http/api-error.ts';
import { repositoryUnknown } from './names.ts';
import type { RouteContext } from './route-context.ts';

const LONGEST = 256;

/** What is said of a manifest that is not there; of the repository, where that is not there either. */
export async function manifestUnknown(
  name: string,
  reference: string,
  { storage, repository }: RouteContext,
): Promise<ApiError> {
  if ((await storage.tags(repository, { limit: 0 })) === undefined) return repositoryUnknown(name);
  return apiError(404, 'MANIFEST_UNKNOWN', 'manifest unknown', { name, reference: shown(reference) });
}

/** A text that looks like a digest and is none that this registry knows. */
export function invalidDigest(reference: string): ApiError {
  return apiError(400, 'DIGEST_INVALID', 'invalid digest, or of an unsupported algorithm', {
    digest: shown(reference),
  });
}

export function invalidTag(tag: string): ApiError {
  return apiError(400, 'TAG_INVALID', 'invalid tag', { tag: shown(tag) });
}

function shown(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
