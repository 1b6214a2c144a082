import { BlockList, isIP } from 'node:net';
import { DrayError } from '#errors';

/** A host as URLs have it, without brackets: what `BlockList` and `isIP` take. */
function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function holds(list: BlockList, hostname: string): boolean {
  const address = bare(hostname);
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** True for `localhost` and literal loopback addresses; names are not looked up. */
export function isLoopback(hostname: string): boolean {
  return hostname.toLowerCase() === 'localhost' || holds(loopback, hostname);
}

/** Which hosts may be plain http. Names are not looked up: whoever answers for a name's address must not decide how it is asked. */
export interface InsecureHosts {
  includes(url: URL): boolean;
}

const CIDR = /^(.+)\/(\d{1,3})$/;

/** Reads a list as docker's `insecure-registries`. Rejects with INVALID_CONFIGURATION for an entry that is neither `host[:port]` nor a CIDR. */
export function insecureHosts(entries: readonly string[]): InsecureHosts {
  const networks = new BlockList();
  const names = new Set<string>();
  for (const entry of entries) {
    const cidr = CIDR.exec(entry);
    if (cidr === null) names.add(hostOf(entry));
    else addNetwork(networks, entry, cidr);
  }
  return {
    includes: (url) =>
      isLoopback(url.hostname) || holds(networks, url.hostname) || names.has(url.host) || names.has(withPort(url)),
  };
}

function addNetwork(networks: BlockList, entry: string, [, address = '', bits = '']: RegExpExecArray): void {
  const family = isIP(bare(address));
  if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) throw notAHost(entry);
  networks.addSubnet(bare(address), Number(bits), family === 4 ? 'ipv4' : 'ipv6');
}

/** docker also takes the URL of a registry here. */
function hostOf(entry: string): string {
  const host = entry.replace(/^https?:\/\//i, '').replace(/\/$/, '');
  if (!/^(\[[0-9a-f:]+\]|[\w.-]+)(:\d{1,5})?$/i.test(host)) throw notAHost(entry);
  return host.toLowerCase();
}

function notAHost(entry: string): DrayError {
  return new DrayError('INVALID_CONFIGURATION', `insecure registry ${JSON.stringify(entry)} is not valid`, {
    hint: 'write host, host:port or a CIDR such as 10.0.0.0/8',
  });
}

/** `host:port`, the port always given. */
export function withPort(url: URL): string {
  return url.port === '' ? `${url.hostname}:${url.protocol === 'http:' ? 80 : 443}` : url.host;
}
