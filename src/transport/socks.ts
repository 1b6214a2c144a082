import { isIPv4, isIPv6, type Socket } from 'node:net';
import { Malformed } from './malformed.ts';
import type { Proxy } from './proxy.ts';
import { SocketReader } from './socket-reader.ts';

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;
const CONNECT = 1;

/** RFC 1928 section 6. */
const REPLIES: readonly string[] = [
  '',
  'failed',
  'does not allow this connection',
  'cannot reach the network',
  'cannot reach the host',
  'was refused the connection',
  'gave up in time',
  'does not know the command',
  'does not know this kind of address',
];

/** What a proxy answered in place of a connection. */
export class ProxyRefusal extends Error {
  /** Trying again will not help. */
  readonly definite: boolean;
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly definite: boolean; readonly hint?: string }) {
    super(message);
    this.definite = options.definite;
    this.hint = options.hint;
  }
}

/**
 * Has a SOCKS5 proxy (RFC 1928, passwords by RFC 1929) connect `socket` to a host. The name is left to the proxy, also with `socks5://`,
 * as Go's programs do. Throws ProxyRefusal, Malformed or the socket's error.
 */
export async function connectThroughSocks(
  socket: Socket,
  proxy: Proxy,
  target: { readonly host: string; readonly port: number },
): Promise<void> {
  const reader = new SocketReader(socket);
  await authenticate(socket, reader, proxy);
  const port = Buffer.alloc(2);
  port.writeUInt16BE(target.port);
  socket.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), encodeHost(target.host), port]));
  const [version = 0, reply = 0, , kind = 0] = await reader.exactly(4);
  if (version !== VERSION) throw new Malformed(`it answers with version ${version} of SOCKS`);
  if (reply !== 0) throw new ProxyRefusal(REPLIES[reply] ?? `failed (${reply})`, { definite: reply === 2 });
  await reader.exactly(await addressLength(reader, kind));
  if (!reader.release()) throw new Malformed('it sends more than the answer');
}

async function authenticate(socket: Socket, reader: SocketReader, { username, password }: Proxy): Promise<void> {
  const methods = username === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, PASSWORD];
  socket.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version = 0, method = NONE_ACCEPTABLE] = await reader.exactly(2);
  if (version !== VERSION) throw new Malformed('it does not speak SOCKS5');
  if (method === NO_AUTHENTICATION) return;
  if (method !== PASSWORD || username === undefined) {
    throw new ProxyRefusal('wants credentials', {
      definite: true,
      hint: 'give them in its URL: socks5://user:password@…',
    });
  }
  const name = Buffer.from(username);
  const secret = Buffer.from(password);
  if (name.length > 255 || secret.length > 255) {
    throw new ProxyRefusal('takes no credentials longer than 255 bytes', { definite: true });
  }
  socket.write(Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret]));
  const [, status = 1] = await reader.exactly(2);
  if (status !== 0) throw new ProxyRefusal('refused the credentials in its URL', { definite: true });
}

function encodeHost(host: string): Buffer {
  if (isIPv4(host)) return Buffer.from([1, ...host.split('.').map(Number)]);
  if (isIPv6(host)) return Buffer.concat([Buffer.from([4]), bytesOfIPv6(host)]);
  const name = Buffer.from(host, 'latin1');
  if (name.length > 255) throw new ProxyRefusal('takes no names longer than 255 bytes', { definite: true });
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

function bytesOfIPv6(host: string): Buffer {
  // URL writes an address in one form only: no dotted quad inside, and at most one "::".
  const [before = '', after] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const left = groupsOf(before);
  const right = groupsOf(after ?? '');
  const bytes = Buffer.alloc(16);
  for (const [at, group] of left.entries()) bytes.writeUInt16BE(group, at * 2);
  for (const [at, group] of right.entries()) bytes.writeUInt16BE(group, 16 - (right.length - at) * 2);
  return bytes;
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

async function addressLength(reader: SocketReader, kind: number): Promise<number> {
  if (kind === 1) return 4 + 2;
  if (kind === 4) return 16 + 2;
  if (kind === 3) return ((await reader.exactly(1))[0] ?? 0) + 2;
  throw new Malformed('its answer has an unknown kind of address');
}
