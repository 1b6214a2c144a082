import type { Duplex } from 'node:stream';
import { DrayError } from '#errors';
import { onAbort } from '#transport';
import { connectSocket } from './connect-socket.ts';
import { connectSsh } from './connect-ssh.ts';
import { tcpDialer } from './connect-tcp.ts';
import type { EngineOptions } from './engine-options.ts';
import { defaultHost, type EngineHost, parseHost } from './parse-host.ts';

export interface DialOptions {
  readonly signal: AbortSignal;
  /** For a connection that will be no HTTP: each half ends alone, and a proxy only passes bytes on. */
  readonly takeOver: boolean;
}

/** How connections to one engine are made, and what requests over them have to say. */
export interface Dialer {
  /** `the Docker engine at unix:///…` */
  readonly name: string;
  /** The value of `Host`. */
  readonly authority: string;
  /** Stands before each path. */
  readonly prefix: string;
  /** What connections are, for explaining how they fail. */
  readonly wire: 'local' | 'tcp' | 'tls' | 'ssh';
  /** For an engine behind a proxy that wants to see the requests, each has this before its path, and these headers. */
  readonly forward?: { readonly origin: string; readonly headers: Readonly<Record<string, string>> } | undefined;
  /** Rejects with CONNECT_FAILED, TLS_FAILED, INVALID_CONFIGURATION, or what the signal aborts with; nothing is left open then. */
  connect(options: DialOptions): Promise<Duplex>;
}

const CONNECT_TIMEOUT = 30_000;
/** What the docker command says where an engine has no name of its own. */
const NO_AUTHORITY = 'api.moby.localhost';

/** Rejects with INVALID_OPTION for a host that cannot be; connects to nothing. */
export function createDialer(options: EngineOptions): Dialer {
  const host = parseHost(options.host || defaultHost());
  const dialer = dialerOf(host, options);
  const { connectTimeout = CONNECT_TIMEOUT } = options;
  return {
    ...dialer,
    connect: ({ signal, ...more }) =>
      inTime(connectTimeout, { name: dialer.name, signal }, (stop) => dialer.connect({ signal: stop, ...more })),
  };
}

function dialerOf(host: EngineHost, options: EngineOptions): Dialer {
  const name = `the Docker engine at ${host.label}`;
  if (host.kind === 'tcp') return tcpDialer(host, name, options);
  const own = { name, authority: NO_AUTHORITY, prefix: '' };
  if (host.kind === 'socket') return { ...own, wire: 'local', connect: (dial) => connectSocket(host, name, dial) };
  return { ...own, wire: 'ssh', connect: () => Promise.resolve(connectSsh(host, name, options.ssh ?? {})) };
}

async function inTime<T>(
  timeout: number,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
  connect: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const late = (): DrayError =>
    new DrayError('CONNECT_FAILED', `cannot connect to ${name}: no connection within ${timeout / 1000} s`, {
      hint: 'check the address, the network and the firewall',
    });
  const timer = setTimeout(() => stop.abort(late()), timeout);
  const forget = onAbort(signal, () => stop.abort(signal.reason));
  if (signal.aborted) stop.abort(signal.reason);
  try {
    return await connect(stop.signal);
  } finally {
    clearTimeout(timer);
    forget();
  }
}
