import { connect, type Socket } from 'node:net';
import { DrayError, isDrayError, messageOf } from '#errors';
import {
  connectThroughHttp,
  connectThroughSocks,
  dial,
  type Origin,
  originOf,
  type Proxy,
  ProxyRefusal,
  proxyAuthorization,
  proxyChooser,
} from '#transport';
import { secureWith } from './connect-tls.ts';
import type { Dialer, DialOptions } from './dial-engine.ts';
import type { EngineOptions } from './engine-options.ts';
import type { EngineHost } from './parse-host.ts';

type TcpHost = EngineHost & { readonly kind: 'tcp' };

/** Docker's ports, which are those of `tcp://` alone. */
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** An engine behind TCP: directly or through a proxy, with TLS or without. */
export function tcpDialer(host: TcpHost, name: string, options: EngineOptions): Dialer {
  const isTls = host.scheme === 'https' || (host.scheme === 'tcp' && options.tls !== undefined);
  const origin = originFor(host, isTls);
  const secure = isTls ? secureWith(options.tls ?? {}, origin, name) : undefined;
  const proxy = proxyChooser(options.proxy)(origin);
  // as Go's clients do: an HTTP proxy is asked for plain requests, and for a tunnel for the rest
  const isForwarded = proxy !== undefined && proxy.kind !== 'socks' && !isTls;
  const connectTcp = async ({ signal, takeOver }: DialOptions): Promise<Socket> => {
    const target = proxy ?? { host: origin.host, port: origin.port };
    const label = proxy === undefined ? name : `the proxy ${proxy.label} (for ${name})`;
    const detail = { host: origin.hostname, port: origin.port, phase: 'connect', tlsEstablished: false } as const;
    const open = (address: string): { readonly socket: Socket } => ({
      socket: connect({ host: address, port: target.port, allowHalfOpen: takeOver, noDelay: true }),
    });
    const { socket } = await dial({ host: target.host, port: target.port, label, detail }, open, signal);
    if (proxy === undefined) return socket;
    return throughProxy(socket, { proxy, origin, name, dialing: { signal, takeOver }, isForwarded });
  };
  return {
    name,
    authority: origin.label,
    prefix: host.prefix,
    wire: isTls ? 'tls' : 'tcp',
    ...(isForwarded ? { forward: { origin: `http://${origin.label}`, headers: proxyHeaders(proxy) } } : {}),
    connect: async (dialing) => {
      const socket = await connectTcp(dialing);
      return secure === undefined ? socket : secure(socket, dialing.signal);
    },
  };
}

function originFor({ scheme, hostname, port }: TcpHost, isTls: boolean): Origin {
  const own = scheme === 'tcp' ? (isTls ? TLS_PORT : PLAIN_PORT) : isTls ? 443 : 80;
  return originOf(new URL(`${isTls ? 'https' : 'http'}://${hostname}:${port ?? own}`));
}

function proxyHeaders(proxy: Proxy): Readonly<Record<string, string>> {
  const authorization = proxyAuthorization(proxy);
  return authorization === undefined ? {} : { 'Proxy-Authorization': authorization };
}

interface ProxyWork {
  readonly proxy: Proxy;
  readonly origin: Origin;
  readonly name: string;
  readonly dialing: DialOptions;
  readonly isForwarded: boolean;
}

/** From a connection to the proxy to one that the engine is asked over. */
async function throughProxy(raw: Socket, { proxy, origin, name, dialing, isForwarded }: ProxyWork): Promise<Socket> {
  const { signal, takeOver } = dialing;
  let socket = raw;
  try {
    if (proxy.kind === 'https') {
      const peer = originOf(new URL(`https://${proxy.hostname}:${proxy.port}`));
      socket = await secureWith({}, peer, `the proxy ${proxy.label}`)(raw, signal);
    }
    if (isForwarded && !takeOver) return socket;
    const stop = (): void => void socket.destroy();
    signal.addEventListener('abort', stop);
    try {
      if (proxy.kind === 'socks') await connectThroughSocks(socket, proxy, origin);
      else await connectThroughHttp(socket, proxy, { label: origin.label, userAgent: 'dray' });
    } finally {
      signal.removeEventListener('abort', stop);
    }
    // it was read by hand and is paused; the engine says nothing before it is asked
    if (!takeOver && !origin.tls) socket.resume();
    return socket;
  } catch (error) {
    socket.destroy();
    if (isDrayError(error)) throw error;
    const hint =
      (error instanceof ProxyRefusal ? error.hint : undefined) ??
      'check HTTP_PROXY, HTTPS_PROXY and NO_PROXY: an engine that is near needs no proxy';
    const message = `cannot connect to ${name}: the proxy ${proxy.label} ${error instanceof ProxyRefusal ? error.message : `failed: ${messageOf(error)}`}`;
    throw new DrayError('CONNECT_FAILED', message, { hint, detail: { proxy: proxy.label }, cause: error });
  }
}
