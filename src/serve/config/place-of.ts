import { isIPv6 } from 'node:net';

/** Reads `HOST:PORT` or `[::1]:PORT`. */
export function placeOf(address: string): { readonly host: string; readonly port: number } | undefined {
  const [, ipv6, name, port] = /^(?:\[([^\]]+)\]|([\w.-]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = ipv6 ?? name;
  const isGood = host !== undefined && Number(port) <= 65_535 && (ipv6 === undefined || isIPv6(ipv6));
  return isGood ? { host, port: Number(port) } : undefined;
}
