import type { RouteRule, UpstreamSettings } from '../proxy/options.ts';
import type { CacheSettings } from '../settings.ts';
import type { ConfigNode } from './config-node.ts';
import {
  duration,
  listOf,
  mapOf,
  type Read,
  type Reading,
  refusal,
  required,
  settings,
  size,
  text,
  toggle,
} from './readers.ts';

const HUB = /^(?:(?:index|registry|registry-1|auth)\.)?docker\.io$/;

/** What is a registry, and not only a name for one: `docker.io`, `quay.io`. */
const REGISTRY = /^[^/.]+(?:\.[^/.]+)+$/;

/**
 * The upstream that an address stands for: `https://ghcr.io`, or `ghcr.io` alone; `docker.io` for Docker Hub. `name=ADDRESS` puts its
 * repositories below `name`; where that is a registry (`docker.io=https://mirror.example`), the address is where that one is asked. Undefined:
 * that is none.
 */
export function upstreamOf(said: string): UpstreamSettings | undefined {
  const [, prefix, address = said] = /^([a-z0-9][a-z0-9._/-]*)=(.*)$/s.exec(said) ?? [];
  const whole = /^https?:\/\//i.test(address) ? address : `https://${address}`;
  // another scheme is no host, nor is a name that no repository may have
  if (/\s|^(?!https?:)[a-z]+:\/\//i.test(address) || !URL.canParse(whole)) return undefined;
  const { host, hostname, search, hash, origin, pathname } = new URL(whole);
  const credential = credentialIn(new URL(whole));
  if (host === '' || host.includes('=') || search !== '' || hash !== '' || credential === 'malformed') return undefined;
  const isHub = HUB.test(hostname);
  const named = prefix !== undefined && REGISTRY.test(prefix) ? prefix : host;
  return {
    domain: isHub ? 'docker.io' : named,
    url: isHub ? undefined : `${origin}${pathname.replace(/\/+$/, '')}`,
    ...(prefix !== undefined && { prefix }),
    ...(credential !== undefined && { credential }),
  };
}

function credentialIn({ username, password }: URL): UpstreamSettings['credential'] | 'malformed' {
  if (username === '') return undefined;
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return 'malformed';
  }
}

const upstream = settings({
  domain: text,
  url: text,
  prefix: text,
  username: text,
  password: text,
  useKeychain: toggle,
  allow: listOf(text),
  deny: listOf(text),
  headers: mapOf(text),
  sendNamespace: toggle,
  tagAge: duration,
});

const readUpstream: Read<UpstreamSettings> = (node, reading) => {
  if (node.kind === 'scalar') return addressed(text(node, reading), node, reading);
  const { domain, url, username, password = '', ...rest } = upstream(node, reading);
  const base = addressed(required(url ?? domain, 'domain or url', [node, reading]), node, reading);
  return {
    ...base,
    ...rest,
    ...(domain !== undefined && { domain }),
    ...(username !== undefined && { credential: { username, password } }),
  };
};

function addressed(said: string, node: ConfigNode, reading: Reading): UpstreamSettings {
  const found = upstreamOf(said);
  if (found === undefined) throw refusal(node, reading, 'must be the address of a registry, like https://ghcr.io');
  return found;
}

const rule = settings({ match: text, to: text });

const readRule: Read<RouteRule> = (node, reading) => {
  const { match, to } = rule(node, reading);
  const place = [node, reading] as const;
  return { match: required(match, 'match', place), to: required(to, 'to', place) };
};

const cache = settings({
  upstreams: listOf(readUpstream),
  rules: listOf(readRule),
  tagAge: duration,
  absenceAge: duration,
  retryAfter: duration,
  patience: duration,
  maxSize: size,
  maxIdle: duration,
});

/** `cache` of our own file: other registries, served from here. */
export const readCache: Read<CacheSettings> = (node, reading) => {
  const { upstreams, ...rest } = cache(node, reading);
  return { ...rest, upstreams: required(upstreams, 'upstreams', [node, reading]) };
};
