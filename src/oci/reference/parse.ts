import { DrayError } from '#errors';
import { digestFault, isDigest } from '../digest.ts';
import { printable } from '../printable.ts';
import type { Reference } from '../reference.ts';
import {
  DOMAIN_PATTERN,
  IDENTIFIER_PATTERN,
  LONGEST_PATH,
  LONGEST_REFERENCE,
  PATH_PATTERN,
  REMAINDER_PATTERN,
  TAG_PATTERN,
} from './grammar.ts';

export const DEFAULT_DOMAIN = 'docker.io';
export const OFFICIAL_PREFIX = 'library/';
const LEGACY_DOMAIN = 'index.docker.io';

/**
 * Reads an image name as docker does: `alpine` is `docker.io/library/alpine`. No tag is added. Throws INVALID_REFERENCE, with
 * docker's words, for whatever docker refuses, and for the few names that docker takes and then finds no host for.
 */
export function parseReference(text: string): Reference {
  if (text.length > LONGEST_REFERENCE) throw invalid('invalid reference format', text);
  if (IDENTIFIER_PATTERN.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`, text);
  }
  const { domain, remainder } = splitDomain(text);
  const [remote = ''] = remainder.split(':', 1);
  if (remote.toLowerCase() !== remote) {
    throw invalid(`invalid reference format: repository name (${printable(remote, 255)}) must be lowercase`, text);
  }
  const [, path, tag, digest] = REMAINDER_PATTERN.exec(remainder) ?? [];
  if (path === undefined || !DOMAIN_PATTERN.test(domain)) {
    const mixedCase = path !== undefined && /[A-Z]/.test(domain) && PATH_PATTERN.test(domain.toLowerCase());
    throw invalid(mixedCase ? 'repository name must be lowercase' : 'invalid reference format', text);
  }
  if (path.length > LONGEST_PATH) {
    throw invalid(`repository name must not be more than ${LONGEST_PATH} characters`, text);
  }
  if (digest !== undefined && !isDigest(digest)) throw invalid(digestFault(digest).words, text);
  return { domain, path, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** The same reference, with the tag `latest` when it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;
}

/** Whether a text is the name of a repository on its registry: `library/alpine`. */
export function isRepositoryPath(text: string): boolean {
  return text.length <= LONGEST_PATH && PATH_PATTERN.test(text);
}

export function isTag(text: string): boolean {
  return TAG_PATTERN.test(text);
}

/** Throws INVALID_REFERENCE for the name that docker keeps for "no base image" and refuses to pull. */
export function refuseReservedName(reference: Reference): void {
  if (reference.domain === DEFAULT_DOMAIN && reference.path === 'library/scratch') {
    throw new DrayError('INVALID_REFERENCE', "'scratch' is a reserved name");
  }
}

function splitDomain(text: string): { readonly domain: string; readonly remainder: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { domain: DEFAULT_DOMAIN, remainder: OFFICIAL_PREFIX + text };
  const first = text.slice(0, slash);
  const rest = text.slice(slash + 1);
  if (first === LEGACY_DOMAIN || first === DEFAULT_DOMAIN) {
    return { domain: DEFAULT_DOMAIN, remainder: rest.includes('/') ? rest : OFFICIAL_PREFIX + rest };
  }
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  return isDomain ? { domain: first, remainder: rest } : { domain: DEFAULT_DOMAIN, remainder: text };
}

function invalid(message: string, text: string): DrayError {
  const hint = /^[a-z]+:\/\//i.test(text)
    ? 'leave out the scheme: HOST[:PORT]/PATH[:TAG]'
    : 'an image name is [HOST[:PORT]/]PATH[:TAG][@DIGEST], the path in lower case';
  return new DrayError('INVALID_REFERENCE', message, { hint, detail: { reference: printable(text, 255) } });
}
