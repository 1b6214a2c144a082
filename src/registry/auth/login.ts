import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { type Clock, systemClock } from '#timing';
import { cleanText } from '#transport';
import type { Credential } from '../types.ts';
import { encodeAuth, helperFor } from './auth-file.ts';
import { type ConfigDocument, editConfigFile } from './config-file.ts';
import { isEmpty } from './credential.ts';
import { createHelper, type Helper } from './helper.ts';
import type { Environment } from './helper-program.ts';
import { HUB_KEY, hostOf, serverKey } from './host-key.ts';
import { AuthFileReader } from './read-auth-file.ts';

/** Where docker's credentials are kept on this machine. */
export interface CredentialPlace extends CallOptions {
  /** Path of docker's config.json. */
  readonly configFile: string;
  /** For credential helpers, which are found by its PATH. */
  readonly env?: Environment | undefined;
  /** Milliseconds that a credential helper may take; 30,000 by default. */
  readonly helperTimeout?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface LoginSettings extends CredentialPlace {
  /** As a person names it: `host[:port]`, a URL; undefined for Docker Hub. */
  readonly server: string | undefined;
  readonly credential: Credential;
  /** Asks the registry; rejects when it refuses, and resolves with an identity token where it gives one to keep in place of the password. */
  readonly verify: (credential: Credential, options: CallOptions) => Promise<string | undefined>;
}

export interface StoredLogin {
  /** The key in config.json: `https://index.docker.io/v1/`, `localhost:5000`. */
  readonly server: string;
  readonly username: string | undefined;
  /** What holds the credential now: a file, unencrypted, or a helper program. */
  readonly storedIn:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'helper'; readonly name: string };
}

/**
 * Checks a credential with `verify`, then stores it as docker does: with the credential helper that config.json names for the server,
 * else in config.json itself. Nothing is stored when the check fails. Rejects with what `verify` rejects with, INVALID_OPTION for a
 * server that is no host, CREDENTIALS_UNAVAILABLE for a helper that fails, INVALID_CONFIGURATION, IO_FAILED.
 */
export async function login(settings: LoginSettings): Promise<StoredLogin> {
  const { credential, verify, signal, onEvent } = settings;
  const server = checkedKey(settings.server);
  const host = hostOf(server);
  if (isEmpty(credential)) throw new DrayError('INVALID_OPTION', `no user and password to log in to ${host} with`);
  if (credential.username?.includes(':') === true)
    throw new DrayError(
      'INVALID_OPTION',
      `the user name for ${host} has a colon in it, which Basic authentication cannot carry`,
    );
  // Before anything is sent: a configuration that cannot be read, or written, is known at once.
  const helper = await configuredHelper(settings, host);
  const identityToken = await verify(credential, { signal, onEvent });
  const { username } = credential;
  const kept: Credential = identityToken ? { username, identityToken } : credential;
  if (helper !== undefined) await helper.store(server, kept, { signal });
  // Docker leaves an empty entry beside what a helper keeps; it takes the place of a password from before.
  const entry = helper === undefined ? entryOf(kept) : {};
  await edit(settings, (document) => ({ ...document, auths: { ...authsOf(document), [server]: entry } }));
  const storedIn: StoredLogin['storedIn'] =
    helper === undefined ? { kind: 'file', path: settings.configFile } : { kind: 'helper', name: helper.name };
  return { server, username, storedIn };
}

export interface LogoutSettings extends CredentialPlace {
  readonly server: string | undefined;
}

/**
 * Removes what is kept for a server, under any spelling of it: from config.json, then from its helper. True when there was something.
 * Rejects as `login` does.
 */
export async function logout(settings: LogoutSettings): Promise<boolean> {
  const server = checkedKey(settings.server);
  const host = hostOf(server);
  const helper = await configuredHelper(settings, host);
  let removed = false;
  await edit(settings, (document) => {
    const entries = Object.entries(authsOf(document));
    const left = entries.filter(([key]) => hostOf(key) !== host);
    if (left.length === entries.length) return undefined;
    removed = true;
    return { ...document, auths: Object.fromEntries(left) };
  });
  if (helper === undefined) return removed;
  const listed = await helper.list(settings).catch(() => undefined);
  const keys = listed?.filter((key) => hostOf(key) === host) ?? [server];
  for (const key of keys) await helper.erase(key, settings);
  return removed || (listed !== undefined && keys.length > 0);
}

function checkedKey(server: string | undefined): string {
  const key = serverKey(server);
  if (key !== HUB_KEY && !/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?$/i.test(key))
    throw new DrayError('INVALID_OPTION', `"${cleanText(server ?? '', 100)}" is not the name of a registry`, {
      hint: 'give its host, with the port if it has one: dray login registry.example:5000',
    });
  return key;
}

async function configuredHelper(place: CredentialPlace, host: string): Promise<Helper | undefined> {
  const file = await new AuthFileReader().read(place.configFile);
  const suffix = file && helperFor(file, host);
  return suffix === undefined
    ? undefined
    : createHelper(suffix, { env: place.env ?? {}, timeout: place.helperTimeout });
}

function edit(place: CredentialPlace, change: (document: ConfigDocument) => ConfigDocument | undefined): Promise<void> {
  const { configFile, clock = systemClock, signal } = place;
  return editConfigFile(configFile, change, { clock, signal });
}

/** Its shape has been checked when the file was read. */
const authsOf = (document: ConfigDocument): Record<string, unknown> =>
  (document['auths'] ?? {}) as Record<string, unknown>;

/** As docker writes it: the password and the user in `auth` alone. */
function entryOf({ username = '', password = '', identityToken, registryToken }: Credential): Record<string, string> {
  return {
    ...(username === '' ? {} : { auth: encodeAuth(username, password) }),
    ...(identityToken ? { identitytoken: identityToken } : {}),
    ...(registryToken ? { registrytoken: registryToken } : {}),
  };
}
