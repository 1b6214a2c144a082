import { type ApiError, apiError } from '../http/api-error.ts';

/** Characters of a name that cannot be, as it is told. */
const LONGEST = 255;

export function invalidName(name: string): ApiError {
  const shown = name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
  return apiError(400, 'NAME_INVALID', 'invalid repository name', { name: shown });
}

export function repositoryUnknown(name: string): ApiError {
  return apiError(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name });
}
