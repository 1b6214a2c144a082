import { join } from 'node:path';
import { DrayError } from '#errors';
import type { TlsSettings } from '#transport';
import type { Endpoint } from '../types.ts';
import { mergeTls, readCertFolder, readPem } from './cert-folder.ts';
import { hostFolderName } from './find-hosts.ts';
import { insecureHosts } from './insecure.ts';
import { prefixOf } from './mirror-url.ts';
import type { HostsSettings } from './settings.ts';
import { DOCKER_HUB, type Site, sitesOf } from './sites.ts';

/**
 * Where the registry `domain` can be asked, in order: mirrors that the caller named, configured mirrors, hosts of a hosts.toml, the
 * registry itself. Each is asked by https, then by http where that is allowed (loopback, insecure hosts, URLs that say http); certificates of
 * insecure hosts are not verified. Reads the certificates. Rejects with INVALID_CONFIGURATION, or INVALID_REFERENCE for a domain that is none.
 */
export async function endpointsFor(domain: string, settings: HostsSettings): Promise<readonly Endpoint[]> {
  const insecure = insecureHosts(settings.insecure ?? []);
  const endpoints = new Map<string, Endpoint>();
  for (const site of await sitesOf(domain, settings)) {
    const named = site.named ? settings.named : undefined;
    const lax = insecure.includes(site.url) || named?.insecure === true;
    // Whoever is in the way must not be able to bring Docker Hub down to http: nothing there was ever plain.
    const http = lax && (domain !== DOCKER_HUB || site.mirror);
    for (const scheme of schemesOf(site, http)) {
      const url = `${scheme}://${site.url.host}${prefixOf(site.url)}`;
      const tls = scheme === 'https' ? await tlsOf(site, domain, { settings, insecure: lax }) : undefined;
      if (!endpoints.has(url)) endpoints.set(url, endpointOf(site, { url, domain, tls, settings }));
    }
  }
  return [...endpoints.values()];
}

function schemesOf({ url, schemeGiven, entry }: Site, http: boolean): readonly ('https' | 'http')[] {
  if (!schemeGiven) return http ? ['https', 'http'] : ['https'];
  if (url.protocol === 'https:') return ['https'];
  // containerd's reading: http with TLS settings means "one of the two".
  return entry?.tls === undefined || url.port === '' ? ['http'] : ['https', 'http'];
}

interface EndpointFacts {
  readonly url: string;
  readonly domain: string;
  readonly tls: TlsSettings | undefined;
  readonly settings: HostsSettings;
}

function endpointOf(site: Site, { url, domain, tls, settings }: EndpointFacts): Endpoint {
  const headers = { ...site.entry?.headers, ...(site.mirror ? undefined : lowerCase(settings.named?.headers)) };
  return {
    url,
    domain,
    mirror: site.mirror,
    ...(tls && { tls }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(site.entry?.overridePath === true && { overridePath: true }),
    ...(site.mirror && site.shared && { namespace: domain }),
    ...(site.entry?.resolve === false && { digestsOnly: true }),
    ...(site.entry?.connectTimeout !== undefined && { connectTimeout: site.entry.connectTimeout }),
  };
}

function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

interface TlsFacts {
  readonly settings: HostsSettings;
  readonly insecure: boolean;
}

/** As docker: the folders in certs.d are not looked at for an insecure host. What was named for it is. */
async function tlsOf(site: Site, domain: string, { settings, insecure }: TlsFacts): Promise<TlsSettings | undefined> {
  const named = site.named ? settings.named : undefined;
  const parts: (TlsSettings | undefined)[] = [
    insecure ? { insecure } : undefined,
    site.entry?.tls,
    site.tls,
    named?.caFile === undefined ? undefined : { ca: [await readPem(named.caFile)] },
    named?.certFolder === undefined ? undefined : await readNamedFolder(named.certFolder),
  ];
  if (!insecure) {
    const names = new Set([site.url.host, ...(site.mirror ? [] : [domain])].map((host) => hostFolderName(host)));
    for (const folder of settings.certFolders ?? []) {
      for (const name of names) parts.push(await readCertFolder(join(folder, name)));
    }
  }
  return parts.reduce(mergeTls, undefined);
}

async function readNamedFolder(folder: string): Promise<TlsSettings> {
  const tls = await readCertFolder(folder);
  if (tls === undefined) throw new DrayError('INVALID_CONFIGURATION', `no folder of certificates at ${folder}`);
  return tls;
}
