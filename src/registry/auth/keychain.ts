import type { CallOptions } from '#content';
import { type Clock, systemClock } from '#timing';
import type { Credential, Keychain } from '../types.ts';
import { type AuthFile, type AuthFileStyle, entryFor, helperFor, parseAuthFile, type Wanted } from './auth-file.ts';
import { isEmpty } from './credential.ts';
import { HelperCache } from './helper-cache.ts';
import type { Environment } from './helper-program.ts';
import { HUB_KEY, hostOf } from './host-key.ts';
import { AuthFileReader } from './read-auth-file.ts';

/** Where credentials may be found, in the order in which they are looked at; each is asked for one host at a time. */
export interface KeychainOptions {
  /** By `host[:port]`, `docker.io` for Docker Hub: what the user gave for this run. */
  readonly explicit?: Readonly<Record<string, Credential>> | undefined;
  /** The value of DOCKER_AUTH_CONFIG. */
  readonly authConfigText?: string | undefined;
  /** Path of docker's config.json. */
  readonly dockerConfigFile?: string | undefined;
  /** The value of REGISTRY_AUTH_FILE. */
  readonly registryAuthFile?: string | undefined;
  /** Paths of podman's auth.json files. */
  readonly podmanFiles?: readonly string[] | undefined;
  /** For credential helpers; they are found by its PATH. Without it none is. */
  readonly env?: Environment | undefined;
  /** Milliseconds that a credential helper may take; 30,000 by default. */
  readonly helperTimeout?: number | undefined;
  /** Finds nothing, whatever else is given. */
  readonly anonymous?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

type Source = (wanted: Wanted, options: CallOptions) => Promise<Credential | undefined>;

/**
 * A keychain over everything that docker and podman know. Files are read when they are needed; one that is not there is passed over, one
 * that is malformed rejects with INVALID_CONFIGURATION. A helper that is named and fails rejects with CREDENTIALS_UNAVAILABLE: going on
 * without what the user has set up would be a surprise.
 */
export function createKeychain(options: KeychainOptions): Keychain {
  if (options.anonymous === true) return () => Promise.resolve(undefined);
  const sources = sourcesOf(options);
  return async (host, { repository, ...call } = {}) => {
    const wanted = { host: hostOf(host), repository };
    for (const source of sources) {
      const credential = await source(wanted, call);
      if (credential !== undefined && !isEmpty(credential)) return credential;
    }
    return undefined;
  };
}

function sourcesOf(options: KeychainOptions): readonly Source[] {
  const { explicit = {}, authConfigText, dockerConfigFile, registryAuthFile, podmanFiles = [] } = options;
  const { env = {}, helperTimeout, clock = systemClock } = options;
  const reader = new AuthFileReader();
  const helpers = new HelperCache({ env, timeout: helperTimeout }, clock);
  const given = new Map(Object.entries(explicit).map(([host, credential]) => [hostOf(host), credential]));

  const file =
    (path: string, style: AuthFileStyle): Source =>
    async (wanted, call) => {
      const found = await reader.read(path);
      return found && lookUp(found, style, { wanted, call });
    };

  const lookUp = async (
    found: AuthFile,
    style: AuthFileStyle,
    { wanted, call }: { wanted: Wanted; call: CallOptions },
  ): Promise<Credential | undefined> => {
    const entry = entryFor(found, wanted, style);
    const helper = helperFor(found, wanted.host);
    if (helper === undefined) return entry;
    const server = style === 'docker' && wanted.host === 'docker.io' ? HUB_KEY : wanted.host;
    const kept = await helpers.get(helper, server, call);
    // As docker does: the helper has the say about secrets, the file about what helpers do not keep.
    return { ...kept, registryToken: entry?.registryToken };
  };

  return [
    ({ host }) => Promise.resolve(given.get(host)),
    ...(authConfigText ? [textSource(authConfigText)] : []),
    ...(dockerConfigFile === undefined ? [] : [file(dockerConfigFile, 'docker')]),
    ...[registryAuthFile, ...podmanFiles].filter((path) => path !== undefined).map((path) => file(path, 'podman')),
  ];
}

/** Only `auths` counts there: a variable names no programs to run. */
function textSource(text: string): Source {
  let parsed: AuthFile | undefined;
  return async (wanted) => {
    parsed ??= parseAuthFile(text, 'DOCKER_AUTH_CONFIG');
    return entryFor(parsed, wanted, 'docker');
  };
}
