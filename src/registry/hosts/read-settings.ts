import { readFile } from 'node:fs/promises';
import { DrayError, errnoOf, messageOf } from '#errors';
import { insecureHosts } from './insecure.ts';
import { parseMirror } from './mirror-url.ts';
import type { HostsSettings } from './settings.ts';

const FILE_LIMIT = 2 ** 20;

/** dray's own settings, from its config.json. */
export interface DraySettings {
  readonly hosts: HostsSettings;
  readonly limits: DrayLimits;
  readonly partials: PartialLimits;
}

/** What may stay of partial downloads when the store is pruned. */
export interface PartialLimits {
  /** Milliseconds since something was last added. */
  readonly maxAge?: number | undefined;
  /** Bytes of all together. */
  readonly maxSize?: number | undefined;
}

/** What a call's own options override. */
export interface DrayLimits {
  readonly concurrency?: number | undefined;
  /** Bytes per second. */
  readonly rate?: number | undefined;
  readonly retries?: number | undefined;
  /** Milliseconds. */
  readonly stallTimeout?: number | undefined;
}

/**
 * What docker's daemon.json says of registries; nothing where there is no such file, or the user may not read it. Rejects with
 * INVALID_CONFIGURATION. The other keys are the daemon's business.
 */
export async function readDaemonJson(file: string): Promise<HostsSettings> {
  return inFile(file, [...ABSENT, 'EACCES'], (json) => {
    const mirrors = urls(json['registry-mirrors'], 'registry-mirrors');
    const insecure = hosts(json['insecure-registries'], 'insecure-registries');
    return { ...(mirrors.length > 0 && { mirrors: { 'docker.io': mirrors } }), insecure };
  });
}

/**
 * dray's config.json: `{"mirrors": {"docker.io": ["https://…"], "*": […]}, "insecure": […], "limits": {…}, "partials": {…}}`; nothing where there
 * is no such file. Rejects with INVALID_CONFIGURATION for a key that is not known: a misspelt setting must not be lost in silence.
 */
export async function readDraySettings(file: string): Promise<DraySettings> {
  return inFile(file, ABSENT, (json) => {
    refuseOthers(json, ['mirrors', 'insecure', 'limits', 'partials'], '');
    const mirrors = Object.entries(table(json['mirrors'], 'mirrors')).map(
      ([domain, list]) => [domain, urls(list, `mirrors.${domain}`)] as const,
    );
    const limits = table(json['limits'], 'limits');
    refuseOthers(limits, ['concurrency', 'rate', 'retries', 'stallTimeout'], 'limits.');
    const partials = table(json['partials'], 'partials');
    refuseOthers(partials, ['maxAge', 'maxSize'], 'partials.');
    return {
      hosts: { mirrors: Object.fromEntries(mirrors), insecure: hosts(json['insecure'], 'insecure') },
      limits: {
        concurrency: count(limits['concurrency'], 'limits.concurrency', 1),
        rate: count(limits['rate'], 'limits.rate', 1),
        retries: count(limits['retries'], 'limits.retries', 0),
        stallTimeout: count(limits['stallTimeout'], 'limits.stallTimeout', 1),
      },
      partials: {
        maxAge: count(partials['maxAge'], 'partials.maxAge', 0),
        maxSize: count(partials['maxSize'], 'partials.maxSize', 0),
      },
    };
  });
}

type Table = Readonly<Record<string, unknown>>;

const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR'];

async function inFile<T>(file: string, absent: readonly string[], read: (json: Table) => T): Promise<T> {
  try {
    return read(parse(await contentOf(file, absent)));
  } catch (error) {
    throw new DrayError('INVALID_CONFIGURATION', `${file}: ${messageOf(error)}`, { cause: error });
  }
}

async function contentOf(file: string, absent: readonly string[]): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length > FILE_LIMIT) throw new RangeError(`larger than ${FILE_LIMIT} bytes`);
    return text;
  } catch (error) {
    if (absent.includes(errnoOf(error) ?? '')) return '{}';
    throw error;
  }
}

function parse(text: string): Table {
  const content = text.replace(/^\uFEFF/, '');
  return table(content.trim() === '' ? {} : JSON.parse(content), 'the file');
}

function table(value: unknown, name: string): Table {
  if (value === undefined || isTable(value)) return value ?? {};
  throw new TypeError(`${name} is not an object`);
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function strings(value: unknown, name: string): readonly string[] {
  const list: unknown = value ?? [];
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw new TypeError(`${name} is not a list of strings`);
}

function urls(value: unknown, name: string): readonly string[] {
  const list = strings(value, name);
  list.forEach(parseMirror);
  return list;
}

function hosts(value: unknown, name: string): readonly string[] {
  const list = strings(value, name);
  insecureHosts(list);
  return list;
}

function count(value: unknown, name: string, least: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new TypeError(`${name} is not a whole number from ${least} on`);
}

function refuseOthers(json: Table, known: readonly string[], prefix: string): void {
  const unknown = Object.keys(json).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  throw new TypeError(`unknown setting ${unknown.map((key) => prefix + key).join(', ')} (known: ${known.join(', ')})`);
}
