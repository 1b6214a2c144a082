import type { Dray } from '#dray';
import type { OnEvent } from '#progress';
import { type CloseOptions, type ListenAddress, listen, openTls, type TlsOptions } from '#serve';
import { checkEngineAddress, engineHost } from './engine-address.ts';
import type { EngineContext } from './engine-context.ts';
import { EventBus } from './events/event-bus.ts';
import { inTurn } from './http/in-turn.ts';
import { noteRequest } from './http/note-request.ts';
import { createRouter } from './http/router.ts';
import { answerUpgrades } from './http/upgrades.ts';
import { engineRoutes, engineTakers } from './routes.ts';

export interface StartEngineOptions {
  /** The store and the registries. It is closed by whoever made it, after the server. */
  readonly dray: Dray;
  /** A socket gets mode 0600: who can connect can do everything that its owner can. */
  readonly address: ListenAddress;
  /** Undefined: without TLS. On TCP it has to ask for certificates of clients (`clientCas`). */
  readonly tls?: TlsOptions | undefined;
  /** True: TCP without certificates, on this machine's own addresses alone. Every program here can connect then. */
  readonly insecureLoopback?: boolean | undefined;
  /** Version of dray, for `docker version`. */
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
  /** Is told of each request, as a `debug` event. */
  readonly onEvent?: OnEvent | undefined;
}

export interface EngineServer {
  readonly address: ListenAddress;
  /** What DOCKER_HOST is to be: `unix:///…`, `tcp://…`. */
  readonly host: string;
  /** Reads the certificates now; happens every few seconds by itself. Connections that are there stay as they are. */
  reload(): void;
  /** Takes no more connections, waits for the answers that are under way, and resolves to the number of those that had to be cut. */
  close(options?: CloseOptions): Promise<number>;
}

/** The owner alone may connect. */
const SOCKET_MASK = 0o177;

/**
 * Starts an engine. Rejects with INVALID_OPTION for an address where strangers could connect, with BUSY where another program listens
 * there, with INVALID_CONFIGURATION for certificates that cannot be used, with IO_FAILED.
 */
export async function startEngineServer(options: StartEngineOptions): Promise<EngineServer> {
  const { dray, version, address, signal, onEvent } = options;
  const asksCertificates = (options.tls?.clientCas?.length ?? 0) > 0 && asks(options.tls?.clientAuth);
  checkEngineAddress(address, { asksCertificates, insecureLoopback: options.insecureLoopback === true });
  const tls = options.tls === undefined ? undefined : openTls(options.tls);
  const closing = new AbortController();
  const context: EngineContext = { dray, version, events: new EventBus(), closing: closing.signal };
  const router = createRouter(engineRoutes(context));
  try {
    const listener = await listen({
      address,
      tls,
      signal,
      socketMask: SOCKET_MASK,
      handler: inTurn((message, response) => {
        if (onEvent !== undefined) noteRequest(message, response, onEvent);
        void router(message, response);
      }),
      onServer: (server) => answerUpgrades(server, engineTakers()),
    });
    return {
      address: listener.address,
      host: engineHost(listener.address),
      reload: () => tls?.reload(),
      async close(how) {
        closing.abort();
        tls?.close();
        return listener.close(how);
      },
    };
  } catch (error) {
    tls?.close();
    throw error;
  }
}

function asks(mode: TlsOptions['clientAuth']): boolean {
  return mode === undefined || mode === 'require-and-verify-client-cert';
}
