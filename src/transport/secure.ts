import { isIP, type OnReadOpts, type Socket } from 'node:net';
import type * as NodeTls from 'node:tls';
import { DrayError, messageOf } from '#errors';
import type { Origin } from './origin.ts';
import { certificatesIn, type Trust } from './trust.ts';
import type { TlsSettings } from './types.ts';

type Tls = typeof NodeTls;
type Roots = 'own' | 'all';

const MOST_SESSIONS = 100;

/** What a TLS connection needs besides its socket. */
export interface SecureOptions {
  /** The socket that it goes through; without one, the address to connect to. */
  readonly through?: Socket | undefined;
  readonly address?: string | undefined;
  readonly onread?: OnReadOpts | undefined;
}

/** Begins TLS with one host. */
export interface Opener {
  open(options: SecureOptions): NodeTls.TLSSocket;
  /** There are roots that it does not look at: a certificate that it does not trust may be trusted after `widen`. */
  readonly inReserve: boolean;
}

/** TLS by host: certificates and sessions. `node:tls` is loaded by the first one: many runs never need it. */
export class Secure {
  readonly #settings: Readonly<Record<string, TlsSettings>>;
  readonly #trust: Trust;
  readonly #contexts = new Map<string, Promise<NodeTls.SecureContext>>();
  readonly #sessions = new Map<string, Buffer>();
  /** Hosts for which Node's own roots were not enough. */
  readonly #needsAll = new Set<string>();

  constructor(settings: Readonly<Record<string, TlsSettings>> = {}, trust: Trust) {
    this.#settings = settings;
    this.#trust = trust;
  }

  /** A certificate was not trusted: the next opener for `origin` takes all roots there are. */
  widen(origin: Origin): void {
    this.#needsAll.add(origin.label);
  }

  /** Rejects with INVALID_CONFIGURATION for certificates that cannot be used. */
  async opener(origin: Origin): Promise<Opener> {
    const { ca, insecure = false } = this.#settingsFor(origin);
    if (!insecure) await this.#trust.check();
    const tls = await import('node:tls');
    const roots: Roots = this.#needsAll.has(origin.label) && !insecure ? 'all' : 'own';
    const context = await this.#context(tls, origin, roots);
    return {
      open: (options) => this.#open(tls, origin, { context, ...options }),
      inReserve: roots === 'own' && (this.#trust.hasMore || ca !== undefined),
    };
  }

  #open(
    tls: Tls,
    origin: Origin,
    options: SecureOptions & { readonly context: NodeTls.SecureContext },
  ): NodeTls.TLSSocket {
    const { host, port, label } = origin;
    const { through, address, onread, context } = options;
    const session = this.#sessions.get(label);
    const rejectUnauthorized = this.#settingsFor(origin).insecure !== true;
    const connection: NodeTls.ConnectionOptions & { readonly onread?: OnReadOpts } = {
      ...(through === undefined ? { host: address ?? host, port } : { socket: through, host }),
      // A server name is a name: an address must not be sent as one (RFC 6066 section 3).
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['http/1.1'],
      secureContext: context,
      rejectUnauthorized,
      ...(session === undefined ? {} : { session }),
      ...(onread === undefined ? {} : { onread }),
    };
    const socket = tls.connect(connection);
    socket.on('session', (data: Buffer) => {
      if (socket.authorized || !rejectUnauthorized) this.#keep(label, data);
    });
    socket.on('error', () => this.#sessions.delete(label));
    return socket;
  }

  #keep(label: string, session: Buffer): void {
    if (this.#sessions.size >= MOST_SESSIONS) this.#sessions.clear();
    this.#sessions.set(label, session);
  }

  #settingsFor({ label }: Origin): TlsSettings {
    return this.#settings[label] ?? {};
  }

  #context(tls: Tls, origin: Origin, roots: Roots): Promise<NodeTls.SecureContext> {
    const { ca, cert, key: secret } = this.#settingsFor(origin);
    const plain = ca === undefined && cert === undefined && secret === undefined;
    const key = plain ? roots : `${roots} ${origin.label}`;
    const known = this.#contexts.get(key) ?? this.#makeContext(tls, origin, roots);
    this.#contexts.set(key, known);
    return known;
  }

  async #makeContext(tls: Tls, origin: Origin, roots: Roots): Promise<NodeTls.SecureContext> {
    const { ca = [], cert, key } = this.#settingsFor(origin);
    const refuse = (why: string, cause?: unknown): DrayError =>
      new DrayError('INVALID_CONFIGURATION', `the certificates for ${origin.label} cannot be used: ${why}`, {
        hint: 'check the PEM files given with --ca, --cert-dir or certs.d',
        cause,
      });
    if (ca.some((pem) => certificatesIn(pem).length === 0)) throw refuse('an authority has no certificate in PEM form');
    if ((cert === undefined) !== (key === undefined))
      throw refuse('a client certificate needs its key, and a key its certificate');
    // With authorities of its own, a host is most likely signed by one of them: Node's roots wait until that proves wrong.
    const all = roots === 'all' ? [...(await this.#trust.all(tls)), ...ca] : ca;
    try {
      return tls.createSecureContext({
        ...(all.length > 0 ? { ca: [...all] } : {}),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      });
    } catch (error) {
      throw refuse(messageOf(error), error);
    }
  }
}
