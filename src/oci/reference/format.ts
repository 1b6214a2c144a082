import type { Reference } from '../reference.ts';
import { IDENTIFIER_PATTERN } from './grammar.ts';
import { DEFAULT_DOMAIN, OFFICIAL_PREFIX } from './parse.ts';

/** `docker.io/library/alpine`: no tag, no digest. */
export function fullName(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** `docker.io/library/alpine:3.20@sha256:…`. */
export function fullString(reference: Reference): string {
  return fullName(reference) + suffix(reference);
}

/** `alpine`: as short as docker shows it, and no shorter than what `parseReference` reads as the same name. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return fullName(reference);
  const official = reference.path.startsWith(OFFICIAL_PREFIX) ? reference.path.slice(OFFICIAL_PREFIX.length) : '';
  const short = official !== '' && !official.includes('/') ? official : reference.path;
  return readsAsSomethingElse(short) ? fullName(reference) : short;
}

/** `alpine:3.20@sha256:…`. */
export function familiarString(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

/** What docker prints before `: Pulling from`: the tag, or for a digest the full name with it. */
export function referenceLabel(reference: Reference): string {
  if (reference.digest !== undefined) return `${fullName(reference)}@${reference.digest}`;
  return reference.tag ?? 'latest';
}

function suffix(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  return reference.digest === undefined ? tag : `${tag}@${reference.digest}`;
}

/** True where the text before the first slash would be taken for a host, or the whole for an image ID. */
function readsAsSomethingElse(short: string): boolean {
  const [first = '', ...rest] = short.split('/');
  if (rest.length === 0) return IDENTIFIER_PATTERN.test(short);
  return first === 'localhost' || first.includes('.');
}
