import { readFileSync } from 'node:fs';
import { DrayError, errnoOf, messageOf } from '#errors';
import { isJsonObject } from '#oci';

/** What docker's config.json says of engines. */
export interface DockerConfig {
  readonly currentContext: string | undefined;
  /** Sent to engines with each request. */
  readonly headers: Readonly<Record<string, string>>;
}

const NONE: DockerConfig = { currentContext: undefined, headers: {} };

/**
 * Reads it; one that is not there says nothing. Throws INVALID_CONFIGURATION for one that cannot be read: going on without would lead to
 * another engine than the one that was chosen.
 */
export function readDockerConfig(file: string): DockerConfig {
  const document = readDocument(file, "docker's configuration");
  if (document === undefined) return NONE;
  const { currentContext, HttpHeaders: headers } = document;
  const refuse = (what: string): DrayError =>
    new DrayError('INVALID_CONFIGURATION', `docker's configuration ${file} cannot be used: ${what}`);
  if (currentContext !== undefined && typeof currentContext !== 'string') throw refuse('currentContext is no text');
  if (headers === undefined || headers === null) return { ...NONE, currentContext };
  if (!isJsonObject(headers) || !Object.values(headers).every((value) => typeof value === 'string')) {
    throw refuse('HttpHeaders is no map of texts');
  }
  const entries = Object.entries(headers as Readonly<Record<string, string>>);
  // docker's programs name themselves
  return { currentContext, headers: Object.fromEntries(entries.filter(([name]) => !/^user-agent$/i.test(name))) };
}

/** A small JSON file as a map; undefined where there is none. Throws INVALID_CONFIGURATION. */
export function readDocument(file: string, what: string): Readonly<Record<string, unknown>> | undefined {
  const refuse = (why: string, cause?: unknown): DrayError =>
    new DrayError('INVALID_CONFIGURATION', `${what} ${file} cannot be used: ${why}`, { cause });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = errnoOf(error) ?? messageOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw refuse(`it cannot be read (${code})`, error);
  }
  return parseDocument(text, `${what} ${file}`);
}

/** The same of a text that is there; `what` is for the message. */
export function parseDocument(text: string, what: string): Readonly<Record<string, unknown>> {
  const refuse = (why: string): DrayError => new DrayError('INVALID_CONFIGURATION', `${what} cannot be used: ${why}`);
  if (text.trim() === '') return {};
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    // nothing of it is quoted: it has passwords
    throw refuse('it is no JSON');
  }
  if (!isJsonObject(found)) throw refuse('it is no JSON object');
  return found;
}
