import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Certificate, createCertificate } from '#testing';

export const SERVICE = 'registry.example';
export const ISSUER = 'auth.example';

/** Good claims that let alice pull `team/app`. */
export function claims(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  const access = [{ type: 'repository', name: 'team/app', actions: ['pull'] }];
  return { iss: ISSUER, aud: SERVICE, sub: 'alice', iat: now, nbf: now, exp: now + 300, access, ...more };
}

export function encoded(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Signs anything, also what no library would. `header` and `payload` may be texts of JSON. */
export function signed(header: unknown, payload: unknown, key: KeyObject, alg = 'ES256'): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${signature(input, key, alg).toString('base64url')}`;
}

function signature(input: string, key: KeyObject, alg: string): Buffer {
  const bytes = Buffer.from(input);
  if (alg === 'EdDSA') return sign(null, bytes, key);
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('PS')) {
    const RSA_PSS = 6;
    return sign(hash, bytes, { key, padding: RSA_PSS, saltLength: -1 });
  }
  return sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });
}

export function hmacSigned(header: unknown, payload: unknown, secret: string | Buffer): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

export function ecKey(namedCurve = 'P-256'): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).privateKey;
}

export function privateKeyOf({ key }: Certificate): KeyObject {
  return createPrivateKey(key);
}

/** An entry of a key set. */
export function jwk(key: KeyObject, more: Readonly<Record<string, unknown>>): object {
  return { ...createPublicKey(key).export({ format: 'jwk' }), ...more };
}

/** The base64 of the DER, as `x5c` has it. */
export function der({ cert }: Certificate): string {
  return cert.replace(/-----[A-Z ]+-----|\s/g, '');
}

export interface Chain {
  readonly root: Certificate;
  readonly middle: Certificate;
  readonly leaf: Certificate;
}

export function certificateChain(): Chain {
  const root = createCertificate({ name: 'root', authority: true });
  const middle = createCertificate({ name: 'middle', issuer: root, authority: true });
  return { root, middle, leaf: createCertificate({ name: 'leaf', issuer: middle }) };
}
