import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The registries that docker's config.json has credentials or helpers for, as they stand in names of images; none where it cannot be read. */
export async function knownHosts(folder: string): Promise<readonly string[]> {
  try {
    const config: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    if (!isObject(config)) return [];
    const keys = [config['auths'], config['credHelpers']].flatMap((part) => (isObject(part) ? Object.keys(part) : []));
    return [...new Set(keys.map(hostOf))].filter((host) => host !== '').sort();
  } catch {
    return [];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return host === 'index.docker.io' ? 'docker.io' : host;
}
