import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { Fields } from './fields.ts';
import { invalidDocument, parseJsonStrict } from './json.ts';
import { quoted } from './printable.ts';

/** Most signatures of one manifest: each costs a check. */
const MOST_SIGNATURES = 32;
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** JWS algorithms by their names: the hash, and what key they take. */
const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly key: 'ec' | 'rsa' }>> = {
  ES256: { hash: 'sha256', key: 'ec' },
  ES384: { hash: 'sha384', key: 'ec' },
  ES512: { hash: 'sha512', key: 'ec' },
  RS256: { hash: 'sha256', key: 'rsa' },
  RS384: { hash: 'sha384', key: 'rsa' },
  RS512: { hash: 'sha512', key: 'rsa' },
};

/** Where a signed manifest's content ends, and how it goes on without the signatures. */
interface Format {
  readonly length: number;
  readonly tail: string;
}

/**
 * The bytes of a schema1 manifest that its digest is of: without its signatures, where it has some. Throws MANIFEST_INVALID for
 * signatures that do not say where the content ends, or that are not of this content. (That they are right proves nothing about who
 * signed: the key comes with them.)
 */
export function schema1Payload(bytes: Uint8Array, what = 'the manifest'): Uint8Array {
  const document = new Fields(parseJsonStrict(bytes, what), what);
  if (!document.has('signatures')) return bytes;
  const signatures = document
    .list('signatures', MOST_SIGNATURES)
    .map((value, index) => document.at(value, `signatures[${index}]`));
  const [first] = signatures;
  if (first === undefined) throw document.wrong('signatures', document.get('signatures'), 'a list of signatures');
  const format = readFormat(first);
  const tail = decodeBase64Url(first, 'protected.formatTail', format.tail);
  if (format.length > bytes.length) throw first.wrong('protected.formatLength', format.length, 'within the document');
  const payload = new Uint8Array(format.length + tail.length);
  payload.set(bytes.subarray(0, format.length));
  payload.set(tail, format.length);
  for (const signature of signatures) {
    const other = readFormat(signature);
    if (other.length !== format.length || other.tail !== format.tail) {
      throw invalidDocument(what, 'its signatures are of different content');
    }
    checkSignature(signature, payload);
  }
  return payload;
}

function readFormat(signature: Fields): Format {
  const text = signature.string('protected');
  const header = parseJsonStrict(decodeBase64Url(signature, 'protected', text), `the signature of ${signature.what}`);
  const fields = signature.at(header, 'protected');
  const length = fields.size('formatLength');
  return { length, tail: fields.string('formatTail') };
}

function checkSignature(signature: Fields, payload: Uint8Array): void {
  const header = signature.fields('header');
  const name = header.string('alg');
  const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;
  if (algorithm === undefined) throw header.wrong('alg', name, `one of ${Object.keys(ALGORITHMS).join(', ')}`);
  const key = readKey(header.fields('jwk'), algorithm.key);
  const signed = `${signature.string('protected')}.${Buffer.from(payload).toString('base64url')}`;
  const value = decodeBase64Url(signature, 'signature', signature.string('signature'));
  if (!isSignatureOf(algorithm.hash, signed, key, value)) {
    throw invalidDocument(signature.what, 'its signature is not of its content');
  }
}

function isSignatureOf(hash: string, signed: string, key: KeyObject, value: Uint8Array): boolean {
  try {
    return verify(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, value);
  } catch {
    return false;
  }
}

/** Reads what a public key needs and nothing else, so that no other kind of key gets in. */
function readKey(jwk: Fields, kind: 'ec' | 'rsa'): KeyObject {
  const members = kind === 'ec' ? ['crv', 'x', 'y'] : ['n', 'e'];
  const type = jwk.string('kty');
  if (type !== kind.toUpperCase()) throw jwk.wrong('kty', type, quoted(kind.toUpperCase()));
  const key: JsonWebKey = Object.fromEntries([['kty', type], ...members.map((member) => [member, jwk.string(member)])]);
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (cause) {
    throw invalidDocument(jwk.what, 'the key of its signature is no key', cause);
  }
}

function decodeBase64Url(fields: Fields, at: string, text: string): Uint8Array {
  const unpadded = text.replace(/={1,2}$/, '');
  if (!BASE64URL.test(unpadded) || unpadded.length % 4 === 1) throw fields.wrong(at, text, 'base64url');
  return Buffer.from(unpadded, 'base64url');
}
