import { DrayError } from '#errors';
import { cleanText } from '#transport';
import type { Credential } from '../types.ts';
import { bestPattern, HUB_KEY, hostOf } from './host-key.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The part of a docker or podman configuration that is about credentials. */
export interface AuthFile {
  /** What errors call it: a path, or the variable that it came from. */
  readonly name: string;
  readonly auths: Fields;
  readonly credHelpers: Fields;
  readonly credsStore: string | undefined;
}

/** Which keys stand for a whole host: docker strips the path of any, podman knows paths as repositories. */
export type AuthFileStyle = 'docker' | 'podman';

export interface Wanted {
  /** `host[:port]`, `docker.io` for Docker Hub. */
  readonly host: string;
  /** Path of the repository, for keys with a path. */
  readonly repository?: string | undefined;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function malformed(name: string, reason: string): DrayError {
  return new DrayError('INVALID_CONFIGURATION', `${name} ${reason}`, {
    hint: 'correct it, or go without credentials: --anonymous',
  });
}

/** Reads the text of a configuration; an empty one is as none. Throws INVALID_CONFIGURATION, which quotes nothing of it. */
export function parseAuthFile(text: string, name: string): AuthFile {
  let json: unknown;
  try {
    json = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    // No cause: JSON.parse quotes what it read, which may be a password.
    throw malformed(name, 'is not valid JSON');
  }
  if (!isFields(json)) throw malformed(name, 'is not a JSON object');
  const section = (key: string): Fields => {
    const value = json[key] ?? {};
    if (!isFields(value)) throw malformed(name, `has "${key}", but not as an object`);
    return value;
  };
  const credsStore = json['credsStore'] ?? '';
  if (typeof credsStore !== 'string') throw malformed(name, 'has "credsStore", but not as a text');
  return { name, auths: section('auths'), credHelpers: section('credHelpers'), credsStore: credsStore || undefined };
}

const own = (fields: Fields, key: string): boolean => Object.hasOwn(fields, key);

/** All keys that a host may stand under as it is, the best first. */
function exactKeys(host: string): readonly string[] {
  return host === 'docker.io' ? [HUB_KEY, 'index.docker.io', 'docker.io', 'registry-1.docker.io'] : [host];
}

/** The suffix of the helper program that has the credentials of `host`: its own, else that of a pattern, else the one for all; undefined for the file itself. */
export function helperFor(file: AuthFile, host: string): string | undefined {
  const { credHelpers } = file;
  const key = exactKeys(host).find((name) => own(credHelpers, name)) ?? bestPattern(Object.keys(credHelpers), host);
  if (key === undefined) return file.credsStore;
  const helper = credHelpers[key];
  if (typeof helper !== 'string')
    throw malformed(file.name, `names no program as the credential helper of ${cleanText(key, 100)}`);
  return helper === '' ? undefined : helper;
}

/** `host/a/b`, `host/a` for repository `a/b`: keys with a path, the most specific first. */
function pathKeys({ host, repository }: Wanted): string[] {
  const parts = repository?.split('/') ?? [];
  return parts.map((_, at) => `${host}/${parts.slice(0, parts.length - at).join('/')}`);
}

/**
 * True for a key that stands for its whole host: with docker any, whatever its path; with podman those alone whose path is none or an API's,
 * and so for Docker Hub, under whose key docker keeps other tokens, too (`…/v1/refresh-token`).
 */
function standsForHost(key: string, style: AuthFileStyle, host: string): boolean {
  if (style === 'docker' && host !== 'docker.io') return true;
  return /^(?:[a-z]+:\/\/)?[^/]+(?:\/(?:v[12]\/?)?)?$/i.test(key);
}

/** The entry for `wanted` in `auths`: by path, by host, by host once scheme and path are stripped, by pattern. */
export function entryFor(file: AuthFile, wanted: Wanted, style: AuthFileStyle): Credential | undefined {
  const { auths } = file;
  const keys = Object.keys(auths);
  const key =
    [...pathKeys(wanted), ...exactKeys(wanted.host)].find((name) => own(auths, name)) ??
    keys.find((name) => standsForHost(name, style, wanted.host) && hostOf(name) === wanted.host) ??
    bestPattern(keys, wanted.host);
  return key === undefined ? undefined : credentialOf(auths[key], `${file.name}, entry ${cleanText(key, 100)},`);
}

function credentialOf(entry: unknown, name: string): Credential {
  if (!isFields(entry)) throw malformed(name, 'is not an object');
  const text = (key: string): string | undefined => {
    const value = entry[key] ?? '';
    if (typeof value !== 'string') throw malformed(name, `has "${key}", but not as a text`);
    return value || undefined;
  };
  const auth = text('auth');
  return {
    ...(auth === undefined ? { username: text('username'), password: text('password') } : decodeAuth(auth, name)),
    identityToken: text('identitytoken'),
    registryToken: text('registrytoken'),
  };
}

/** The value of `auth`: base64 of `user:password`. */
export function encodeAuth(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

function decodeAuth(auth: string, name: string): Credential {
  const compact = auth.replace(/[\r\n]/g, '');
  const text = /^[A-Za-z0-9+/]+={0,2}$/.test(compact) ? Buffer.from(compact, 'base64').toString() : '';
  const colon = text.indexOf(':');
  if (colon <= 0) throw malformed(name, 'has "auth", but not as base64 of user:password');
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/^\0+|\0+$/g, '') };
}
