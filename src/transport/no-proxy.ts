import { BlockList, isIP, isIPv6 } from 'node:net';
import { bareHost, familyOf } from './private-address.ts';

type Rule = (host: string, port: number) => boolean;

/**
 * NO_PROXY as Go reads it, so that one setting serves docker and dray: entries separated by commas (or spaces); `*`; an address; a
 * CIDR block; `example.com` for the host and all below it, `.example.com` or `*.example.com` for those below alone; each but the
 * block with `:port`. What cannot be understood matches nothing.
 */
export function parseNoProxy(text: string): Rule {
  const rules = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => parseEntry(entry.toLowerCase()));
  return (host, port) => {
    const bare = bareHost(host);
    return rules.some((rule) => rule(bare, port));
  };
}

function parseEntry(entry: string): Rule {
  if (entry === '*') return () => true;
  const block = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (block !== null) return blockRule(block[1] ?? '', Number(block[2]));
  const { name, port } = splitPort(entry);
  const samePort = (asked: number): boolean => port === undefined || asked === port;
  const bare = bareHost(name);
  if (isIP(bare) !== 0) {
    const inBlock = blockRule(bare, isIPv6(bare) ? 128 : 32);
    return (host, asked) => samePort(asked) && inBlock(host, asked);
  }
  const domain = bare.replace(/^\*?\./, '');
  if (domain === '') return () => false;
  const below = `.${domain}`;
  const itself = domain === bare;
  return (host, asked) => samePort(asked) && (host.endsWith(below) || (itself && host === domain));
}

function blockRule(address: string, prefix: number): Rule {
  if (isIP(address) === 0 || prefix > (isIPv6(address) ? 128 : 32)) return () => false;
  const list = new BlockList();
  list.addSubnet(address, prefix, familyOf(address));
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host));
}

function splitPort(entry: string): { name: string; port: number | undefined } {
  const found = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(entry);
  return { name: found?.[1] ?? entry, port: found?.[2] === undefined ? undefined : Number(found[2]) };
}
