import { DrayError } from '#errors';
import { printable } from '#oci';
import type { EngineRequest, QueryValue } from './connection.ts';

/**
 * The path and query that are sent: with the version before, names as docker writes them (slashes, colons and @ stand as they are, the
 * rest is escaped). Rejects with INVALID_OPTION for a path that would mean another endpoint.
 */
export function requestTarget(request: EngineRequest, prefix: string, version: string | undefined): string {
  const { path, query = {} } = request;
  if (!path.startsWith('/') || path.split('/').some((part) => part === '.' || part === '..')) {
    throw new DrayError('INVALID_OPTION', `${printable(path, 200)} cannot be asked of an engine: it leads elsewhere`);
  }
  const parameters = queryText(query);
  return `${prefix}${version === undefined ? '' : `/v${version}`}${escaped(path)}${parameters === '' ? '' : `?${parameters}`}`;
}

const escaped = (path: string): string =>
  encodeURIComponent(Buffer.from(path).toString()).replaceAll(/%(?:2F|3A|40|24|26|2B|2C|3B|3D)/g, (code) =>
    decodeURIComponent(code),
  );

function queryText(query: Readonly<Record<string, QueryValue>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === false) continue;
    for (const item of Array.isArray(value) ? (value as readonly string[]) : [value]) {
      parameters.append(name, item === true ? '1' : `${item as string | number}`);
    }
  }
  return parameters.toString();
}
