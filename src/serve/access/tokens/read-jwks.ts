import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { DrayError, messageOf } from '#errors';
import { isJsonObject, type JsonObject, parseJsonStrict } from '#oci';

export interface JwksKey {
  readonly kid: string | undefined;
  /** The only algorithm it is for. */
  readonly alg: string | undefined;
  readonly key: KeyObject;
}

const PUBLIC_KEYS = new Set(['RSA', 'EC', 'OKP']);

/**
 * The keys of a JSON Web Key Set that signatures can be verified with; others, shared secrets among them, are left out. Throws
 * INVALID_CONFIGURATION for what is no such set, or has no such key.
 * @param origin where it is from, for messages
 */
export function readJwks(text: string, origin: string): readonly JwksKey[] {
  const keys = listOf(text, origin).filter(isForSignatures).flatMap(readKey);
  if (keys.length === 0) {
    throw new DrayError(
      'INVALID_CONFIGURATION',
      `the key set ${origin} has no key that signatures can be verified with`,
    );
  }
  return keys;
}

function listOf(text: string, origin: string): readonly JsonObject[] {
  let keys: unknown;
  try {
    keys = parseJsonStrict(Buffer.from(text), `the key set ${origin}`)['keys'];
  } catch (error) {
    throw new DrayError('INVALID_CONFIGURATION', messageOf(error), { cause: error });
  }
  if (!Array.isArray(keys)) {
    throw new DrayError('INVALID_CONFIGURATION', `the key set ${origin} has no list "keys"`);
  }
  return keys.filter(isJsonObject);
}

function isForSignatures({ kty, use, key_ops: operations }: JsonObject): boolean {
  if (typeof kty !== 'string' || !PUBLIC_KEYS.has(kty)) return false;
  if (use !== undefined && use !== 'sig') return false;
  return !Array.isArray(operations) || operations.includes('verify');
}

function readKey(jwk: JsonObject): readonly JwksKey[] {
  const { kid, alg } = jwk;
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return [{ kid: typeof kid === 'string' ? kid : undefined, alg: typeof alg === 'string' ? alg : undefined, key }];
  } catch {
    // of a kind that is not known here: others of the set may do
    return [];
  }
}
