import { DrayError } from '#errors';
import { isJsonObject } from '#oci';

/** What a client gives along for a registry. Empty: none. */
export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly serveraddress?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** Longer ones are not looked at. Bytes of base64. */
const LONGEST = 64 * 1024;
const FIELDS = ['username', 'password', 'serveraddress', 'identitytoken', 'registrytoken'] as const;

/** The value of `X-Registry-Auth`, and with a map by host of `X-Registry-Config`: JSON in base64url. */
export function encodeRegistryAuth(auth: RegistryAuth | Readonly<Record<string, RegistryAuth>>): string {
  // with padding, as docker writes it
  return Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/**
 * Reads `X-Registry-Auth`; nothing, or `{}`, is an empty one. Both alphabets of base64 are taken, with padding or without. Rejects with
 * INVALID_OPTION for what is none; the message says nothing of what was there.
 */
export function decodeRegistryAuth(value: string | undefined): RegistryAuth {
  if (value === undefined || value === '') return {};
  const fault = new DrayError('INVALID_OPTION', 'invalid X-Registry-Auth header: it is not JSON in base64url');
  if (value.length > LONGEST || !/^[\w+/-]*={0,3}$/.test(value)) throw fault;
  let found: unknown;
  try {
    found = JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
  } catch {
    throw fault;
  }
  if (!isJsonObject(found)) throw fault;
  const auth: Partial<Record<(typeof FIELDS)[number], string>> = {};
  for (const name of FIELDS) {
    const field = found[name];
    if (field === undefined || field === null) continue;
    if (typeof field !== 'string') throw fault;
    if (field !== '') auth[name] = field;
  }
  return auth;
}
