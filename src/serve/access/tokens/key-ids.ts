import { createHash, type KeyObject } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** The members of a JWK that its thumbprint is made of, in their order: https://www.rfc-editor.org/rfc/rfc7638#section-3.2 */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
};

/** `ABCD:EFGH:…` of a public key, as Docker's libtrust names keys: 240 bits of a SHA-256 in base32. */
export function libtrustId(key: KeyObject): string {
  const hash = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
  let text = '';
  for (let bit = 0; bit < 240; bit += 5) {
    const word = ((hash[bit >> 3] ?? 0) << 8) | (hash[(bit >> 3) + 1] ?? 0);
    text += BASE32[(word >> (11 - (bit & 7))) & 31];
  }
  return (text.match(/.{4}/g) ?? []).join(':');
}

/** https://www.rfc-editor.org/rfc/rfc7638, in base64url; undefined for a kind of key that no JWK is of. */
export function thumbprint(key: KeyObject): string | undefined {
  let jwk: Readonly<Record<string, unknown>>;
  try {
    jwk = key.export({ format: 'jwk' });
  } catch {
    return undefined;
  }
  const members = (MEMBERS[String(jwk['kty'])] ?? []).map((name) => [name, jwk[name]]);
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
}
