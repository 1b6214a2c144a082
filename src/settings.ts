import { join } from 'node:path';
import { DrayError } from '#errors';
import { parseReference } from '#oci';
import {
  createKeychain,
  folderSessions,
  type HostsSettings,
  type Keychain,
  mergeHosts,
  type RegistryClientOptions,
  readDaemonJson,
  readDraySettings,
} from '#registry';
import type { ProxySettings } from '#transport';
import type { Defaults } from './defaults.ts';
import type { DrayOptions } from './dray.ts';

export interface Settings {
  readonly client: RegistryClientOptions;
  /** Layers in transfer at the same time. */
  readonly concurrency: number | undefined;
}

/**
 * Everything that a registry client needs, out of what the caller says, dray's settings, docker's and the environment's. Rejects with
 * INVALID_OPTION for numbers that make no sense, with INVALID_CONFIGURATION for files that cannot be understood.
 */
export async function registrySettings(options: DrayOptions, known: Defaults, named: NamedDomains): Promise<Settings> {
  checkNumbers(options);
  const { hosts, limits } = await readDraySettings(known.settingsFile);
  const daemon = await readDaemonJson(known.daemonFile);
  const client: RegistryClientOptions = {
    hosts: mergeHosts(namedHosts(options, known), mergeHosts(hosts, daemon)),
    keychain: keychainOf(options, known, named),
    transport: {
      trust: known.trust,
      proxy: options.proxy === undefined ? known.proxy : proxyOf(options.proxy),
      stallTimeout: options.stallTimeout ?? limits.stallTimeout,
      limitRate: options.limitRate ?? limits.rate,
    },
    retries: options.retries ?? limits.retries,
    uploads: folderSessions(join(options.root ?? known.root, 'uploads')),
  };
  return { client, concurrency: options.concurrency ?? limits.concurrency };
}

const LEAST = [
  ['concurrency', 1],
  ['limitRate', 1],
  ['stallTimeout', 1],
  ['retries', 0],
  ['threads', 0],
] as const;

function checkNumbers(options: DrayOptions): void {
  for (const [name, least] of LEAST) {
    const value = options[name];
    if (value !== undefined && !(value >= least)) {
      throw new DrayError('INVALID_OPTION', `${name} is ${value}, but must be at least ${least}`);
    }
  }
}

/** The registries that the caller has named in references so far: what `credentials` are for. */
export class NamedDomains {
  readonly #domains = new Set<string>();

  /** An invalid reference is left to whoever uses it. */
  note(text: string): void {
    try {
      this.#domains.add(parseReference(text).domain);
    } catch {
      // Said where it is used.
    }
  }

  has(domain: string): boolean {
    return this.#domains.has(domain);
  }
}

export function configFileOf(options: DrayOptions, known: Defaults): string {
  const folder = options.configDir ?? known.configDir;
  return join(folder, 'config.json');
}

function namedHosts(options: DrayOptions, known: Defaults): HostsSettings {
  return {
    named: {
      mirrors: options.mirrors,
      insecure: options.insecure === true,
      caFile: options.caFile,
      certFolder: options.certDir,
      headers: options.headers,
    },
    insecure: Array.isArray(options.insecure) ? options.insecure : [],
    certFolders: known.certFolders,
    hostsFolders: known.hostsFolders,
  };
}

/** The caller's own credentials are for the registries that it names, and no mirror of them; others have what docker has for them. */
function keychainOf(options: DrayOptions, known: Defaults, named: NamedDomains): Keychain {
  const { credentials } = options;
  const stored = createKeychain({
    anonymous: options.anonymous === true || options.storedCredentials === false,
    authConfigText: known.authConfig,
    dockerConfigFile: configFileOf(options, known),
    registryAuthFile: known.registryAuthFile,
    podmanFiles: known.podmanFiles,
    env: options.env ?? {},
  });
  if (credentials === undefined || options.anonymous === true) return stored;
  return async (host, call) => (named.has(host) ? credentials : stored(host, call));
}

/** The caller's own proxy is for every host, this machine too. What is wrong with the URL is said by whoever uses it. */
function proxyOf(url: string): ProxySettings {
  return { http: url, https: url, loopback: true };
}
