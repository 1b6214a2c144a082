import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { libtrustId } from '../../access/tokens/key-ids.ts';

interface SigningKey {
  readonly key: KeyObject;
  readonly jwk: JsonWebKey;
}

let signingKey: SigningKey | undefined;

/**
 * A schema1 manifest with a signature, as old clients want it. They check that it is of the content and by the key that comes with it, so
 * any key will do: this process makes one when it first needs it.
 * @param payload JSON of an object that has members
 */
export function signSchema1(payload: Uint8Array): Uint8Array {
  signingKey ??= createKey();
  const { key, jwk } = signingKey;
  const content = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const length = lengthOfFormat(content);
  const protectedPart = base64Url(
    JSON.stringify({
      formatLength: length,
      formatTail: content.subarray(length).toString('base64url'),
      time: new Date().toISOString().replace(/\.\d+/, ''),
    }),
  );
  const signed = Buffer.from(`${protectedPart}.${content.toString('base64url')}`);
  const value = sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const signatures = [{ header: { jwk, alg: 'ES256' }, signature: value, protected: protectedPart }];
  return Buffer.concat([content.subarray(0, length), Buffer.from(`,${member(signatures, indentOf(content))}}`)]);
}

/** Where the last member ends: there the signatures are put in. */
function lengthOfFormat(content: Buffer): number {
  const text = content.toString('latin1');
  return text.slice(0, text.lastIndexOf('}')).trimEnd().length;
}

/** How the members are indented; nothing where they stand in one line. */
function indentOf(content: Buffer): string {
  return /^\{\n(?<indent>[ \t]*)"/.exec(content.toString('latin1', 0, 100))?.groups?.['indent'] ?? '';
}

function member(signatures: unknown, indent: string): string {
  if (indent === '') return `"signatures":${JSON.stringify(signatures)}`;
  return `\n${indent}"signatures": ${JSON.stringify(signatures, null, indent).replaceAll('\n', `\n${indent}`)}\n`;
}

function createKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  return { key: privateKey, jwk: { crv, kid: libtrustId(publicKey), kty, x, y } as JsonWebKey };
}

function base64Url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
