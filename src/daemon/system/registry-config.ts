import type { DraySettings } from '#dray';

const HUB = 'docker.io';
const LOOPBACK = ['::1/128', '127.0.0.0/8'];
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/** How registries are reached, as docker tells it; what it has no place for (mirrors of others than Docker Hub alone) stands with their hosts. */
export function registryConfig({ mirrors, insecure }: DraySettings): Readonly<Record<string, unknown>> {
  const hosts = insecure === true ? [] : insecure.filter((host) => !host.includes('/'));
  const networks = insecure === true ? EVERYWHERE : insecure.filter((host) => host.includes('/'));
  const domains = new Set([HUB, ...Object.keys(mirrors).filter((domain) => domain !== '*'), ...hosts]);
  const mirrorsOf = (domain: string): readonly string[] =>
    [...(mirrors[domain] ?? []), ...(mirrors['*'] ?? [])].map(withSlash);
  const indexOf = (domain: string): object => ({
    Mirrors: mirrorsOf(domain),
    Name: domain,
    Official: domain === HUB,
    Secure: !hosts.includes(domain),
  });
  return {
    IndexConfigs: Object.fromEntries([...domains].toSorted().map((domain) => [domain, indexOf(domain)])),
    InsecureRegistryCIDRs: [...LOOPBACK, ...networks],
    // not an empty list, as that of each host
    Mirrors: mirrorsOf(HUB).length === 0 ? null : mirrorsOf(HUB),
  };
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
