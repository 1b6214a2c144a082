import { isIPv6 } from 'node:net';
import { DrayError } from '#errors';
import { quoted } from '#oci';
import { clientHost, isLocal, type ListenAddress, readListenAddress } from '#serve';

/** Docker's ports of an engine. */
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/**
 * Reads `unix:///PATH`, on Windows `npipe:////./pipe/NAME`, or `tcp://HOST[:PORT]`; docker's port is the default one. Throws INVALID_OPTION,
 * also for `tcp://` without a host: an engine listens on all addresses only where that is written out.
 */
export function readEngineAddress(
  text: string,
  isTls: boolean,
  platform: NodeJS.Platform = process.platform,
): ListenAddress {
  const pipe = /^npipe:(?<path>\/{4}\.\/pipe\/[^/]+)$/.exec(text)?.groups?.['path'];
  if (pipe !== undefined && platform === 'win32') return { kind: 'unix', path: pipe.slice(2).replaceAll('/', '\\') };
  const isKnown = /^unix:\/\/\/./.test(text) || /^tcp:\/\/[^/:]/.test(text);
  if (!isKnown) {
    throw new DrayError('INVALID_OPTION', `cannot listen on ${quoted(text)}: that is no address of an engine`, {
      hint: 'an address is unix:///PATH or tcp://HOST:PORT',
    });
  }
  const address = readListenAddress(text);
  if (address.kind === 'unix' || /:\d+$/.test(text)) return address;
  return { ...address, port: isTls ? TLS_PORT : PLAIN_PORT };
}

export interface AddressGuards {
  /** Whether clients have to show a certificate. */
  readonly asksCertificates: boolean;
  readonly insecureLoopback: boolean;
}

/** Throws INVALID_OPTION for an address where strangers could connect: an engine does whatever it is told. */
export function checkEngineAddress(address: ListenAddress, guards: AddressGuards): void {
  if (address.kind === 'unix' || guards.asksCertificates) return;
  const { host = '0.0.0.0', port } = address;
  const place = `tcp://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (!isLocal(address)) {
    throw new DrayError(
      'INVALID_OPTION',
      `cannot listen on ${quoted(place)} without client certificates: whoever reaches this machine could do everything`,
      { hint: 'add --tls-cert, --tls-key and --tls-client-ca, or listen on unix:///PATH' },
    );
  }
  if (guards.insecureLoopback) return;
  throw new DrayError(
    'INVALID_OPTION',
    `cannot listen on ${quoted(place)} without client certificates: every user and program of this machine could do everything`,
    { hint: 'listen on unix:///PATH, add --tls-cert, --tls-key and --tls-client-ca, or say --insecure-loopback' },
  );
}

/** What DOCKER_HOST is to be. */
export function engineHost(address: ListenAddress): string {
  if (address.kind === 'tcp') return `tcp://${clientHost(address)}`;
  return address.path.startsWith('\\\\')
    ? `npipe:${address.path.replaceAll('\\', '/').replace(/^\/\//, '////')}`
    : `unix://${address.path}`;
}
