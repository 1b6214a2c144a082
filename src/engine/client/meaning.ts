import { DrayError, type ErrorCode, hasCode } from '#errors';

/** The first that fits counts. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/\b(?:toomanyrequests|too many requests|pull rate limit)\b/i, 'TOO_MANY_REQUESTS'],
  [/\b(?:unauthorized|authentication required|no basic auth credentials)\b/i, 'UNAUTHORIZED'],
  [/\b(?:access denied|access to the resource is denied|forbidden)\b|^denied\b/i, 'DENIED'],
  [/\bmanifest(?: for \S+)? (?:unknown|not found)\b/i, 'MANIFEST_UNKNOWN'],
  [/\b(?:name unknown|repository (?:name )?not (?:known|found)\b)/i, 'NAME_UNKNOWN'],
  [/\b(?:does not exist locally|no such image|tag does not exist)\b/i, 'NOT_FOUND'],
  [/\bno matching manifest for\b/i, 'PLATFORM_UNKNOWN'],
  [/\bno space left on device\b/i, 'DISK_FULL'],
];

/** What an engine's words say of the kind of a failure, where a status says nothing or there is none; SERVER_FAILED where they do not either. */
export function meaningOf(text: string): ErrorCode {
  return MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? 'SERVER_FAILED';
}

/**
 * An error, with the code that the engine's words have where it is a plain 500: dockerd answers so when a registry refuses what it was
 * shown. Anything else as it is.
 */
export function clearer(error: unknown): unknown {
  if (!hasCode(error, 'SERVER_FAILED')) return error;
  const { message } = error.detail;
  const code = typeof message === 'string' ? meaningOf(message) : 'SERVER_FAILED';
  if (code === 'SERVER_FAILED') return error;
  return new DrayError(code, error.message, { detail: error.detail, cause: error });
}
