import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DrayError } from '#errors';
import { isJsonObject, quoted } from '#oci';
import { readDocument } from './docker-config.ts';
import type { EngineOptions, EngineTls } from './engine-options.ts';

/** What docker calls the one that comes of the environment and is kept nowhere. */
export const DEFAULT_CONTEXT = 'default';

/**
 * The engine of a docker context, from docker's own store of them: `contexts/meta/<sha256 of the name>/meta.json` and `contexts/tls/`, in
 * the folder of config.json. Throws NOT_FOUND for one that is not there, naming those that are, and INVALID_CONFIGURATION for one that
 * cannot be read or has no engine.
 */
export function readContext(name: string, folder: string): Pick<EngineOptions, 'host' | 'tls'> {
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(folder, 'contexts', 'meta', id, 'meta.json');
  const meta = readDocument(file, 'the docker context');
  if (meta === undefined) throw missing(name, folder);
  const endpoints = meta['Endpoints'];
  const endpoint = isJsonObject(endpoints) ? endpoints['docker'] : undefined;
  if (!isJsonObject(endpoint)) {
    throw new DrayError('INVALID_CONFIGURATION', `the docker context ${quoted(name)} has no Docker engine (${file})`);
  }
  const { Host: host, SkipTLSVerify: skip } = endpoint;
  const tls = tlsOf(join(folder, 'contexts', 'tls', id, 'docker'), skip === true);
  return {
    ...(typeof host === 'string' && host !== '' ? { host } : {}),
    ...(tls === undefined ? {} : { tls }),
  };
}

function tlsOf(folder: string, isUnverified: boolean): EngineTls | undefined {
  const tls = certificatesIn(folder);
  if (Object.keys(tls).length === 0 && !isUnverified) return undefined;
  return isUnverified ? { ...tls, verify: false } : tls;
}

/** Those of docker's three files that are in `folder`. */
export function certificatesIn(folder: string): Pick<EngineTls, 'ca' | 'cert' | 'key'> {
  const paths = (['ca', 'cert', 'key'] as const).map((name) => [name, join(folder, `${name}.pem`)] as const);
  return Object.fromEntries(paths.filter(([, path]) => existsSync(path)));
}

/** The names of the contexts that docker keeps in `folder`, beside the default one. */
export function listContexts(folder: string): readonly string[] {
  const meta = join(folder, 'contexts', 'meta');
  if (!existsSync(meta)) return [];
  const found = readdirSync(meta).flatMap((id) => {
    try {
      const name = readDocument(join(meta, id, 'meta.json'), 'the docker context')?.['Name'];
      return typeof name === 'string' ? [name] : [];
    } catch {
      // one that cannot be read is none that could be used
      return [];
    }
  });
  return found.sort();
}

function missing(name: string, folder: string): DrayError {
  const names = [DEFAULT_CONTEXT, ...listContexts(folder)].map((known) => quoted(known)).join(', ');
  return new DrayError('NOT_FOUND', `there is no docker context ${quoted(name)} in ${join(folder, 'contexts')}`, {
    hint: `contexts that exist: ${names}; one is chosen by DOCKER_CONTEXT, or by currentContext in docker's config.json`,
    detail: { name },
  });
}
