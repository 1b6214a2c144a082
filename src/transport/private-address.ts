import { BlockList, isIP } from 'node:net';

/** For an address that `isIP` has found to be one. */
export const familyOf = (address: string): 'ipv4' | 'ipv6' => (address.includes(':') ? 'ipv6' : 'ipv4');

type Subnets = readonly (readonly [address: string, prefix: number])[];

/** Made when it is first asked: what Node knows of addresses takes milliseconds to load. */
const blockList = (subnets: Subnets): (() => BlockList) => {
  let list: BlockList | undefined;
  return () => {
    if (list !== undefined) return list;
    list = new BlockList();
    for (const [address, prefix] of subnets) list.addSubnet(address, prefix, familyOf(address));
    return list;
  };
};

const LOOPBACK = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
]);

/** RFC 1918, 6598, 4193 and what stands for "this host". */
const PRIVATE = blockList([
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::', 128],
  ['fc00::', 7],
]);

/** Link-local, and the fixed addresses at which clouds give out the credentials of a machine (AWS, Alibaba, Azure). */
const METADATA = blockList([
  ['169.254.0.0', 16],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
]);

const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** A host as URLs write it, without brackets, final dot and zone. */
export function bareHost(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function isIn(list: () => BlockList, bare: string): boolean {
  return isAddress(bare) && list().check(bare, familyOf(bare));
}

/** Names, which is what most hosts have, are told apart without the rules for IPv6. */
function isAddress(bare: string): boolean {
  return /^[\d.]+$|:/.test(bare) && isIP(bare) !== 0;
}

/** True for `localhost`, names below it, and loopback addresses. */
export function isLoopback(host: string): boolean {
  const bare = bareHost(host);
  return bare === 'localhost' || bare.endsWith('.localhost') || isIn(LOOPBACK, bare);
}

/** True for a loopback, private or link-local address; names other than localhost are not looked up. */
export function isPrivate(host: string): boolean {
  const bare = bareHost(host);
  return isLoopback(bare) || isIn(PRIVATE, bare) || isIn(METADATA, bare);
}

/** True where a cloud's metadata service may answer: no registry ever has a reason to send anybody there. */
export function isMetadataService(host: string): boolean {
  const bare = bareHost(host);
  return METADATA_NAMES.has(bare) || isIn(METADATA, bare);
}
