import { createHash, type Hash } from 'node:crypto';
import { DrayError } from '#errors';
import type { Digest } from './descriptor.ts';
import { quoted } from './printable.ts';

export type DigestAlgorithm = 'sha256' | 'sha512';

const HEX_LENGTH: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
/** What go-digest takes for a digest before it looks at the algorithm; sticky and bounded, so linear. */
const WELL_FORMED = /^[a-z0-9]{1,64}(?:[+._-][a-z0-9]{1,64}){0,8}:[a-zA-Z0-9=_-]{1,1024}$/;

/** Why a text is no digest, in docker's words. */
export interface DigestFault {
  readonly words: 'invalid checksum digest format' | 'invalid checksum digest length' | 'unsupported digest algorithm';
  readonly code: 'INVALID_REFERENCE' | 'UNSUPPORTED';
}

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/**
 * Reads `sha256:<64 lower-case hex>` or `sha512:<128 lower-case hex>`.
 * Throws UNSUPPORTED for another algorithm, INVALID_REFERENCE for anything else.
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  const { code, words } = digestFault(text);
  throw new DrayError(code, `${words}: ${quoted(text)}`, {
    hint: 'a digest is sha256: and 64 lower-case hexadecimal digits, or sha512: and 128',
  });
}

/** Says what is wrong with a text that is no digest. */
export function digestFault(text: string): DigestFault {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(colon, 0));
  if (algorithm === 'sha256' || algorithm === 'sha512') {
    const length = text.length - colon - 1;
    const words = length === HEX_LENGTH[algorithm] || length === 0 ? FORMAT : 'invalid checksum digest length';
    return { words, code: 'INVALID_REFERENCE' };
  }
  if (WELL_FORMED.test(text)) return { words: 'unsupported digest algorithm', code: 'UNSUPPORTED' };
  return { words: FORMAT, code: 'INVALID_REFERENCE' };
}

const FORMAT = 'invalid checksum digest format';

/** The digest of these bytes. */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** A hash of the digest's algorithm, to be fed with content and compared as `digest('hex')` with its hex. */
export function hashFor(digest: Digest): Hash {
  return createHash(digestParts(digest).algorithm);
}

/** Hexadecimal digits of a digest in a tag that stands for it. */
const MOST_IN_TAG = 64;

/** The tag that stands for the list of referrers where a registry keeps none (distribution-spec, "Referrers Tag Schema"). */
export function referrersTag(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `${algorithm}-${hex.slice(0, MOST_IN_TAG)}`;
}

/** What docker prints for a digest: its first 12 hexadecimal digits. */
export function shortId(digest: Digest): string {
  return digestParts(digest).hex.slice(0, 12);
}

export function digestParts(digest: Digest): { readonly algorithm: DigestAlgorithm; readonly hex: string } {
  const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
  return { algorithm, hex: digest.slice(algorithm.length + 1) };
}
