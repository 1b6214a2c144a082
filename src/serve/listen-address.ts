import { isIP, isIPv4, isIPv6 } from 'node:net';
import { DrayError } from '#errors';
import { quoted } from '#oci';

/** Where a server waits for connections. */
export type ListenAddress =
  | {
      readonly kind: 'tcp';
      /** Undefined: all addresses of the machine, IPv6 too where it has that. */
      readonly host: string | undefined;
      /** 0: one that is free. */
      readonly port: number;
    }
  | { readonly kind: 'unix'; readonly path: string };

const DEFAULT_PORT = 5000;
/** Bytes that the path of a socket may have. Node makes a socket of what is left of a longer one, which nobody finds. */
const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

/**
 * Reads `HOST:PORT`, `:PORT`, `HOST`, `[::1]:PORT` or `unix:///PATH`; `tcp://` may stand before the first ones.
 * Throws INVALID_OPTION.
 */
export function readListenAddress(text: string): ListenAddress {
  const unix = /^unix:(?:\/\/)?(?<path>\/(?!\/).*)$/s.exec(text)?.groups?.['path'];
  if (unix !== undefined) return { kind: 'unix', path: checkedPath(unix) };
  const plain = text.replace(/^tcp:\/\//, '');
  const bare = isIPv6(plain) ? `[${plain}]` : plain;
  const parts = /^(?:\[(?<ipv6>[^[\]]*)\]|(?<name>[\w.-]*))(?::(?<port>\d{1,5}))?$/.exec(bare)?.groups;
  const { ipv6, name = '', port } = parts ?? {};
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  const isGood =
    parts !== undefined && bare !== '' && number <= 65_535 && (ipv6 === undefined ? isName(name) : isIPv6(ipv6));
  if (!isGood) {
    throw new DrayError('INVALID_OPTION', `cannot listen on ${quoted(text)}: that is no address`, {
      hint: 'an address is HOST:PORT, :PORT for all addresses of this machine, [::1]:PORT, or unix:///PATH',
    });
  }
  const host = ipv6 ?? name;
  return { kind: 'tcp', host: host === '' ? undefined : host, port: number };
}

function checkedPath(path: string): string {
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_SOCKET_PATH) return path;
  const what = `cannot listen on ${quoted(`unix://${path}`)}`;
  throw new DrayError(
    'INVALID_OPTION',
    `${what}: a socket's path has at most ${MAX_SOCKET_PATH} bytes, this one ${bytes}`,
    {
      hint: 'choose a shorter path',
    },
  );
}

/** What looks like an IPv4 address has to be one. */
function isName(name: string): boolean {
  return !/^[\d.]+$/.test(name) || isIP(name) !== 0;
}

/** True: only this machine can connect. */
export function isLocal(address: ListenAddress): boolean {
  if (address.kind === 'unix') return true;
  const { host = '' } = address;
  const bare = host.replace(/^::ffff:/i, '');
  // A name may begin like an address, and stand for any.
  return host === 'localhost' || host === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}

/** As a client writes it: `127.0.0.1:5000`. Where the server is on all addresses, that is `localhost`. */
export function clientHost({ host, port }: Extract<ListenAddress, { kind: 'tcp' }>): string {
  const isAll = host === undefined || host === '0.0.0.0' || host === '::';
  if (isAll) return `localhost:${port}`;
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** `http://127.0.0.1:5000`, `unix:///run/dray.sock`. */
export function clientUrl(address: ListenAddress, isTls: boolean): string {
  if (address.kind === 'unix') return `unix://${address.path}`;
  return `http${isTls ? 's' : ''}://${clientHost(address)}`;
}
