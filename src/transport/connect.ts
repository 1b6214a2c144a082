import { connect as connectSocket, type Socket } from 'node:net';
import { cancelled, DrayError, isDrayError } from '#errors';
import { onAbort } from './abort.ts';
import { type Destination, dial } from './dial.ts';
import { ConnectionClosed, type FailureDetail, reasonOf } from './failures.ts';
import { Malformed } from './malformed.ts';
import { type Origin, originOf } from './origin.ts';
import { type Proxy, proxyAuthorization } from './proxy.ts';
import type { Opener, Secure } from './secure.ts';
import { connectThroughSocks, ProxyRefusal } from './socks.ts';
import { isUntrusted, tlsFailure } from './tls-failure.ts';
import { connectThroughHttp } from './tunnel.ts';
import { Wire, type WireFacts } from './wire.ts';

export interface ConnectSettings {
  readonly secure: Secure;
  readonly proxyFor: (origin: Origin) => Proxy | undefined;
  /** Milliseconds for everything until the connection can be used. */
  readonly connectTimeout: number;
  readonly bufferSize: number;
  readonly userAgent: string;
}

/**
 * From an origin to a wire: name, TCP, proxy, TLS. Rejects with CONNECT_FAILED, TLS_FAILED, CANCELLED, INVALID_CONFIGURATION or
 * INVALID_OPTION; nothing is left open then.
 */
export async function connect(
  origin: Origin,
  settings: ConnectSettings,
  signal: AbortSignal | undefined,
): Promise<Wire> {
  const attempt = new Attempt(origin, settings, signal);
  try {
    return await attempt.run();
  } finally {
    attempt.close();
  }
}

class Attempt {
  readonly #origin: Origin;
  readonly #settings: ConnectSettings;
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;
  /** Everything that was opened, to be closed where it comes to nothing. */
  readonly #sockets: Socket[] = [];
  #doing = 'looking its address up and connecting';
  #phase: 'connect' | 'tls' = 'connect';
  /** The server whose certificate was not trusted, while there are roots that were not looked at. */
  #untrusted: Origin | undefined;

  constructor(origin: Origin, settings: ConnectSettings, signal: AbortSignal | undefined) {
    this.#origin = origin;
    this.#settings = settings;
    this.#timer = setTimeout(() => this.#stop.abort(this.#late()), settings.connectTimeout);
    this.#forget = onAbort(signal, () => signal !== undefined && this.#stop.abort(cancelled(signal)));
    onAbort(this.#stop.signal, () => this.#destroy());
  }

  async run(): Promise<Wire> {
    for (;;) {
      try {
        const wire = await this.#connect();
        if (!this.#stop.signal.aborted) return wire;
      } catch (error) {
        this.#destroy();
        if (this.#untrusted === undefined && !this.#stop.signal.aborted) throw error;
        if (this.#untrusted !== undefined) this.#settings.secure.widen(this.#untrusted);
        this.#untrusted = undefined;
      }
      if (this.#stop.signal.aborted) throw cancelled(this.#stop.signal);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#forget();
  }

  #connect(): Promise<Wire> {
    const origin = this.#origin;
    const proxy = this.#settings.proxyFor(origin);
    if (proxy === undefined) return this.#direct(origin, { origin: origin.key, viaProxy: false }, this.#destination());
    if (origin.tls || proxy.kind === 'socks') return this.#tunnel(proxy);
    const forward = { authorization: proxyAuthorization(proxy) };
    return this.#direct(
      originOfProxy(proxy),
      { origin: origin.key, viaProxy: true, forward },
      this.#destination(proxy),
    );
  }

  /** A socket that is our own from end to end, read through `onread`. */
  async #direct(peer: Origin, facts: WireFacts, destination: Destination): Promise<Wire> {
    const { bufferSize, secure } = this.#settings;
    const opener = peer.tls ? await secure.opener(peer) : undefined;
    const open = (address: string): Wire => {
      const wire = new Wire(facts, bufferSize);
      const { onread } = wire;
      wire.attach(
        opener?.open({ address, onread }) ?? connectSocket({ host: address, port: peer.port, onread }),
        'onread',
      );
      this.#sockets.push(wire.socket);
      return wire;
    };
    const wire = await dial(destination, open, this.#stop.signal);
    wire.socket.setNoDelay(true);
    if (opener !== undefined) await this.#handshake(wire.socket, peer, opener);
    return wire;
  }

  /** A socket inside of another one's connection, read through events. */
  async #tunnel(proxy: Proxy): Promise<Wire> {
    const origin = this.#origin;
    const wire = new Wire({ origin: origin.key, viaProxy: true }, 0);
    const raw = await this.#reach(proxy);
    this.#doing = `waiting for ${nameOf(proxy)}`;
    try {
      if (proxy.kind === 'socks') await connectThroughSocks(raw, proxy, origin);
      else await connectThroughHttp(raw, proxy, { label: origin.label, userAgent: this.#settings.userAgent });
    } catch (error) {
      throw this.#refused(proxy, error);
    }
    if (!origin.tls) {
      wire.attach(raw, 'events');
      raw.resume();
      return wire;
    }
    const opener = await this.#settings.secure.opener(origin);
    const socket = opener.open({ through: raw });
    this.#sockets.push(socket);
    await this.#handshake(socket, origin, opener);
    wire.attach(socket, 'events');
    return wire;
  }

  /** The proxy itself, by TCP or, for an https proxy, by TLS. */
  async #reach(proxy: Proxy): Promise<Socket> {
    const peer = originOfProxy(proxy);
    const opener = peer.tls ? await this.#settings.secure.opener(peer) : undefined;
    const open = (address: string): { readonly socket: Socket } => {
      const socket = opener?.open({ address }) ?? connectSocket({ host: address, port: proxy.port });
      this.#sockets.push(socket);
      return { socket };
    };
    const { socket } = await dial(this.#destination(proxy), open, this.#stop.signal);
    socket.setNoDelay(true);
    if (opener !== undefined) await this.#handshake(socket, peer, opener);
    return socket;
  }

  async #handshake(socket: Socket, peer: Origin, { inReserve }: Opener): Promise<void> {
    this.#phase = 'tls';
    this.#doing = 'the TLS handshake';
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('secureConnect', () => resolve());
        socket.once('error', reject);
        socket.once('close', () => reject(new ConnectionClosed()));
        if (socket.destroyed) reject(socket.errored ?? new ConnectionClosed());
      });
    } catch (error) {
      if (inReserve && isUntrusted(error)) this.#untrusted = peer;
      throw tlsFailure(peer.label, error, this.#detail());
    }
  }

  #destination(proxy?: Proxy): Destination {
    const detail = this.#detail();
    const { host, port, label } = this.#origin;
    if (proxy === undefined) return { host, port, label, detail };
    return { host: proxy.host, port: proxy.port, label: `${nameOf(proxy)} (for ${label})`, detail };
  }

  #refused(proxy: Proxy, error: unknown): DrayError {
    if (isDrayError(error)) return error;
    const why =
      error instanceof ProxyRefusal
        ? error.message
        : error instanceof Malformed
          ? `gave an answer that cannot be understood: ${error.message}`
          : reasonOf(error);
    const definite = error instanceof ProxyRefusal && error.definite;
    const hint =
      (error instanceof ProxyRefusal ? error.hint : undefined) ?? 'check --proxy, HTTPS_PROXY, ALL_PROXY and NO_PROXY';
    return new DrayError('CONNECT_FAILED', `cannot connect to ${this.#origin.label}: ${nameOf(proxy)} ${why}`, {
      hint,
      detail: { ...this.#detail(), definite, proxy: proxy.label },
      cause: error,
    });
  }

  #late(): DrayError {
    const seconds = this.#settings.connectTimeout / 1000;
    const message = `cannot connect to ${this.#origin.label}: no connection within ${seconds} s (${this.#doing})`;
    return new DrayError('CONNECT_FAILED', message, {
      hint: 'check the network, the firewall and the proxy settings',
      detail: this.#detail(),
    });
  }

  #detail(): FailureDetail {
    const { hostname, port } = this.#origin;
    return { host: hostname, port, phase: this.#phase, tlsEstablished: false };
  }

  #destroy(): void {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }
}

const nameOf = (proxy: Proxy): string => `the proxy ${proxy.label}`;

function originOfProxy({ kind, hostname, port }: Proxy): Origin {
  return originOf(new URL(`${kind === 'https' ? 'https' : 'http'}://${hostname}:${port}`));
}
