import { type ApiError, apiError } from '../http/api-error.ts';

const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const LONGEST = 255;

/** Whether a text is the name of a repository: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
export function isRepositoryName(name: string): boolean {
  return name.length <= LONGEST && name.split('/').every((component) => COMPONENT.test(component));
}

export function invalidName(name: string): ApiError {
  const shown = name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
  return apiError(400, 'NAME_INVALID', 'invalid repository name', { name: shown });
}

export function repositoryUnknown(name: string): ApiError {
  return apiError(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name });
}
