import { formatPlatform, type JsonObject, parseJsonStrict } from '#oci';
import { EngineError } from './engine-error.ts';

/**
 * The `platform` parameter as the newer endpoints have it, JSON, as `linux/arm64/v8`; undefined where there is none. Throws an EngineError 400, in
 * docker's words.
 */
export function queryPlatform(query: URLSearchParams): string | undefined {
  const [text = '', ...others] = query.getAll('platform');
  if (others.length > 0) throw new EngineError(400, 'multiple platform parameters not supported');
  return text === '' ? undefined : platformFrom(text);
}

/** The same for `platforms`, which may be given several times. */
export function queryPlatforms(query: URLSearchParams): readonly string[] {
  return query.getAll('platforms').map(platformFrom);
}

function platformFrom(text: string): string {
  const { os, architecture, variant, 'os.version': osVersion } = read(text);
  if (os === undefined || architecture === undefined) {
    throw new EngineError(400, 'both OS and Architecture must be provided');
  }
  return formatPlatform({
    os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(osVersion && { osVersion }),
  });
}

const FIELDS = ['os', 'architecture', 'variant', 'os.version'] as const;

function read(text: string): Partial<Record<(typeof FIELDS)[number], string>> {
  const found = parsed(text);
  const platform: Partial<Record<(typeof FIELDS)[number], string>> = {};
  for (const field of FIELDS) {
    const value = found[field];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string') throw failure(`its ${field} is no text`);
    platform[field] = value;
  }
  return platform;
}

function parsed(text: string): JsonObject {
  try {
    return parseJsonStrict(new TextEncoder().encode(text), 'the platform');
  } catch {
    throw failure('it is no JSON object');
  }
}

function failure(found: string): EngineError {
  return new EngineError(400, `failed to parse platform: ${found}`);
}
