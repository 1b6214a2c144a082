import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { DrayError, errnoOf, messageOf } from '#errors';
import type { TlsSettings } from '#transport';
import { readPem } from './cert-folder.ts';
import { parseMirror, prefixOf } from './mirror-url.ts';

/** One host of a hosts.toml. */
export interface HostEntry {
  /** Undefined for the registry's own settings in a file without `server`. */
  readonly url: URL | undefined;
  readonly pull: boolean;
  readonly resolve: boolean;
  readonly tls: TlsSettings | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly overridePath: boolean;
  readonly connectTimeout: number | undefined;
}

export interface HostsFile {
  /** In the file's order. */
  readonly hosts: readonly HostEntry[];
  /** What is asked last. */
  readonly server: HostEntry;
}

/**
 * Reads a folder's hosts.toml (containerd's docs/hosts.md); undefined where there is none, or an empty one. Paths in it start from the folder.
 * Rejects with INVALID_CONFIGURATION. Keys that are not known are left alone: they belong to other versions.
 */
export async function readHostsToml(folder: string): Promise<HostsFile | undefined> {
  const file = join(folder, 'hosts.toml');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw new DrayError('INVALID_CONFIGURATION', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  if (text.trim() === '') return undefined;
  try {
    return await parseHostsToml(text, folder);
  } catch (error) {
    throw new DrayError('INVALID_CONFIGURATION', `${file}: ${messageOf(error)}`, { cause: error });
  }
}

type Table = Readonly<Record<string, unknown>>;

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function parseHostsToml(text: string, folder: string): Promise<HostsFile> {
  const { parse } = await import('smol-toml');
  const root: Table = parse(text);
  const hosts = root['host'] ?? {};
  if (!isTable(hosts)) throw new TypeError('"host" is not a table');
  const server = root['server'];
  if (server !== undefined && typeof server !== 'string') throw new TypeError('"server" is not a string');
  const entries = Object.entries(hosts).map(([url, table]) => {
    if (!isTable(table)) throw new TypeError(`host ${JSON.stringify(url)} is not a table`);
    return parseEntry(url, table, folder);
  });
  return { hosts: await Promise.all(entries), server: await parseEntry(server, root, folder) };
}

async function parseEntry(written: string | undefined, table: Table, folder: string): Promise<HostEntry> {
  const overridePath = table['override_path'] === true;
  const named = strings(table['capabilities'] ?? [], 'capabilities').map((name) => name.toLowerCase());
  const capabilities = named.length === 0 ? ['pull', 'resolve'] : named;
  return {
    url: written === undefined || written === '' ? undefined : rootOf(parseMirror(written), overridePath),
    pull: capabilities.includes('pull'),
    resolve: capabilities.includes('resolve'),
    tls: await parseTls(table, folder),
    headers: parseHeaders(table['header']),
    overridePath,
    connectTimeout: parseDuration(table['dial_timeout']),
  };
}

/** A path that ends in /v2 says what is added anyway. */
function rootOf(url: URL, overridePath: boolean): URL {
  const root = new URL(url);
  root.pathname = overridePath ? prefixOf(url) : prefixOf(url).replace(/\/v2$/, '');
  return root;
}

async function parseTls(table: Table, folder: string): Promise<TlsSettings | undefined> {
  const file = (path: string): Promise<string> => readPem(isAbsolute(path) ? path : join(folder, path));
  const insecure = table['skip_verify'];
  if (insecure !== undefined && typeof insecure !== 'boolean') throw new TypeError('"skip_verify" is not a boolean');
  const ca = table['ca'] === undefined ? undefined : await Promise.all(strings(table['ca'], 'ca').map(file));
  const pair = parsePair(table['client']);
  if (ca === undefined && pair === undefined && insecure === undefined) return undefined;
  if (pair === undefined) return { ca, insecure };
  return { ca, insecure, cert: await file(pair.cert), key: await file(pair.key) };
}

/** A file with both, a list of such files, or a list of pairs: the first counts. */
function parsePair(client: unknown): { cert: string; key: string } | undefined {
  if (client === undefined) return undefined;
  const first: unknown = Array.isArray(client) ? client[0] : client;
  const [cert, key, ...rest] = strings(first, 'client');
  if (cert === undefined || rest.length > 0) throw new TypeError('"client" is neither a path nor a pair of paths');
  return { cert, key: key === undefined || key === '' ? cert : key };
}

function parseHeaders(table: unknown): Readonly<Record<string, string>> | undefined {
  if (table === undefined) return undefined;
  if (!isTable(table)) throw new TypeError('"header" is not a table');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(table)) headers[name.toLowerCase()] = strings(value, name).join(', ');
  return headers;
}

function strings(value: unknown, name: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item !== 'string') throw new TypeError(`"${name}" is not a string or a list of strings`);
    return item;
  });
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5 };

/** A duration as Go writes it, in milliseconds. */
function parseDuration(text: unknown): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (typeof text !== 'string' || !/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) {
    throw new TypeError('"dial_timeout" is not a duration such as "1s"');
  }
  const parts = text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g);
  const total = [...parts].reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNITS[unit] ?? 0), 0);
  return total > 0 ? Math.ceil(total) : undefined;
}
