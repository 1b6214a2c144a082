import { DrayError } from '#errors';
import type { TlsSettings } from '#transport';
import { findHosts } from './find-hosts.ts';
import type { HostEntry } from './hosts-toml.ts';
import { hasScheme, parseMirror, prefixOf } from './mirror-url.ts';
import type { HostsSettings } from './settings.ts';

export const DOCKER_HUB = 'docker.io';
/** Where Docker Hub's images are: the name in references is that of its web site. */
const DOCKER_HUB_REGISTRY = 'registry-1.docker.io';

/** A place to ask, before it is an endpoint for each way to ask it. */
export interface Site {
  readonly url: URL;
  readonly mirror: boolean;
  /** The settings say http or https themselves. */
  readonly schemeGiven: boolean;
  /** The caller named it: `settings.named` is for it. */
  readonly named: boolean;
  /** It stands for many registries and must be told which one is meant. */
  readonly shared: boolean;
  readonly entry?: HostEntry | undefined;
  /** The certificates that came with the registry's own folder. */
  readonly tls?: TlsSettings | undefined;
}

/** All places where `domain` can be asked, in order, the registry itself last. */
export async function sitesOf(domain: string, settings: HostsSettings): Promise<readonly Site[]> {
  const origin = originOf(domain);
  const { file, tls } = await findHosts(domain, settings.hostsFolders ?? []);
  const server = file?.server;
  const last: Site =
    server?.url === undefined
      ? { url: origin, mirror: false, schemeGiven: false, named: true, shared: false, entry: server, tls }
      : hostSite(server, server.url, origin);
  const mirrors = [
    ...(settings.named?.mirrors ?? []).map((text) => mirrorSite(text, { named: true, shared: false })),
    ...mirrorsOf(domain, settings).map((text) => mirrorSite(text, { named: false, shared: false })),
    ...(settings.mirrors?.['*'] ?? []).map((text) => mirrorSite(text, { named: false, shared: true })),
    ...(file?.hosts ?? []).flatMap((entry) =>
      entry.pull && entry.url !== undefined ? [hostSite(entry, entry.url, origin)] : [],
    ),
  ];
  return [...mirrors.map((site) => (isSame(site.url, last.url) ? { ...site, mirror: last.mirror } : site)), last];
}

function originOf(domain: string): URL {
  const host = domain === DOCKER_HUB ? DOCKER_HUB_REGISTRY : domain;
  if (
    !/^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9-]|\.(?=[a-z0-9]))*)(:\d+)?$/i.test(host) ||
    !URL.canParse(`https://${host}`)
  ) {
    throw new DrayError('INVALID_REFERENCE', `${JSON.stringify(domain)} is not the name of a registry`);
  }
  return new URL(`https://${host}`);
}

function mirrorsOf(domain: string, { mirrors = {} }: HostsSettings): readonly string[] {
  const more = domain === DOCKER_HUB ? (mirrors['index.docker.io'] ?? []) : [];
  return [...(mirrors[domain] ?? []), ...more];
}

function mirrorSite(text: string, facts: Pick<Site, 'named' | 'shared'>): Site {
  return { url: parseMirror(text), mirror: true, schemeGiven: hasScheme(text), ...facts };
}

/** A host of a hosts.toml: it gets the registry's name unless it is the registry (as containerd does). */
function hostSite(entry: HostEntry, written: URL, origin: URL): Site {
  const url = new URL(written);
  if (url.host === DOCKER_HUB || url.host === 'index.docker.io') url.host = DOCKER_HUB_REGISTRY;
  const mirror = !isSame(url, origin);
  return { url, mirror, schemeGiven: true, named: !mirror, shared: mirror, entry };
}

function isSame(a: URL, b: URL): boolean {
  return a.host === b.host && prefixOf(a) === prefixOf(b);
}
