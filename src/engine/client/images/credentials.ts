import type { CallOptions } from '#content';
import { type DrayError, isDrayError, unlessCancelled } from '#errors';
import type { Reference } from '#oci';
import type { Credential, Keychain } from '#registry';
import { encodeRegistryAuth, type RegistryAuth } from '../../api/registry-auth.ts';
import { clearer } from '../meaning.ts';

export interface CredentialOptions {
  /** What the engine shows to the registry; by default what docker has for it. False, or an empty one: nothing. */
  readonly auth?: RegistryAuth | false | undefined;
  /**
   * Called, once, when the engine refuses the request with 401: what it gives is shown when the request is made once more. Undefined:
   * the refusal stands.
   */
  readonly onAuthRequired?:
    | ((refusal: DrayError) => RegistryAuth | undefined | Promise<RegistryAuth | undefined>)
    | undefined;
}

/** The registry that credentials are for. */
export type CredentialTarget = Pick<Reference, 'domain'> & Partial<Pick<Reference, 'path'>>;

/** What docker calls Docker Hub where it speaks of credentials. */
const HUB_SERVER = 'https://index.docker.io/v1/';

/**
 * `work`, given the header with the credentials; once more with those of `onAuthRequired` where it rejects with the engine's 401. A refusal
 * of the registry that the engine makes a 500 of rejects with UNAUTHORIZED, and nobody is asked, as docker does.
 */
export async function withCredentials<T>(
  work: (headers: Readonly<Record<string, string>>) => Promise<T>,
  target: CredentialTarget,
  options: CredentialOptions & CallOptions & { readonly keychain: Keychain | undefined },
): Promise<T> {
  const auth = options.auth ?? (await findAuth(target, options));
  try {
    return await asked(work, auth, options);
  } catch (error) {
    throw clearer(error);
  }
}

async function asked<T>(
  work: (headers: Readonly<Record<string, string>>) => Promise<T>,
  auth: RegistryAuth | false,
  { onAuthRequired, signal }: CredentialOptions & CallOptions,
): Promise<T> {
  try {
    return await work(authHeader(auth));
  } catch (error) {
    if (onAuthRequired === undefined || !isRefusal(error)) throw error;
    const given = await unlessCancelled(Promise.resolve(onAuthRequired(error)), signal);
    if (given === undefined) throw error;
    return work(authHeader(given));
  }
}

/** What the keychain has for a registry, in the engine's terms; empty where it has nothing. */
export async function findAuth(
  { domain, path }: CredentialTarget,
  { keychain, signal }: CallOptions & { readonly keychain: Keychain | undefined },
): Promise<RegistryAuth> {
  const credential = await keychain?.(domain, { repository: path, signal });
  if (credential === undefined) return {};
  return { ...fieldsOf(credential), serveraddress: domain === 'docker.io' ? HUB_SERVER : domain };
}

function fieldsOf({ username, password, identityToken, registryToken }: Credential): RegistryAuth {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(identityToken !== undefined && { identitytoken: identityToken }),
    ...(registryToken !== undefined && { registrytoken: registryToken }),
  };
}

/** Sent without credentials too, as docker does: older engines look for them in the body otherwise. */
function authHeader(auth: RegistryAuth | false): Readonly<Record<string, string>> {
  return { 'X-Registry-Auth': encodeRegistryAuth(auth === false ? {} : auth) };
}

function isRefusal(error: unknown): error is DrayError {
  return isDrayError(error) && error.detail['status'] === 401;
}
