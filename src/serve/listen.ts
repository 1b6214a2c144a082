import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { OpenedTls } from './access/tls/open-tls.ts';
import { clientUrl, type ListenAddress } from './listen-address.ts';
import { bind } from './listen-bind.ts';
import { Connections } from './listen-connections.ts';
import { answerPlainHttp } from './listen-plain-http.ts';

export interface ListenOptions {
  readonly address: ListenAddress;
  readonly handler: (message: IncomingMessage, response: ServerResponse) => void;
  /** Undefined: without TLS. */
  readonly tls?: OpenedTls | undefined;
  /** Bits of the mode that a socket in the file system does not get; by default its owner and group may connect. */
  readonly socketMask?: number | undefined;
  /** Called with the server before it listens. */
  readonly onServer?: ((server: Server) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CloseOptions {
  /** Milliseconds that requests under way may take; 30,000 by default. */
  readonly timeout?: number | undefined;
  /** Ends the waiting: what is under way is cut. */
  readonly hurry?: AbortSignal | undefined;
}

export interface Listener {
  /** Where it really is: with the port that was found free. */
  readonly address: ListenAddress;
  /** `http://127.0.0.1:5000`, `unix:///run/dray.sock`. */
  readonly url: string;
  readonly server: Server;
  /**
   * Takes no more connections, closes those that are idle, waits for the answers that are under way, and resolves to the number of those
   * that had to be cut.
   */
  close(options?: CloseOptions): Promise<number>;
}

/** Milliseconds from the start of a connection, or of a request, to the end of its head. Half of a head holds nobody for longer. */
const HEAD_TIMEOUT = 20_000;
/** Longer than what usual proxies keep theirs (60 s), so that they never send into a connection that is being closed. */
const IDLE_TIMEOUT = 75_000;
const DRAIN_TIMEOUT = 30_000;

const SERVER_OPTIONS: ServerOptions = {
  headersTimeout: HEAD_TIMEOUT,
  // The body of a push takes as long as it takes; whoever reads it sees that it goes on.
  requestTimeout: 0,
  keepAliveTimeout: IDLE_TIMEOUT,
  connectionsCheckingInterval: 5_000,
  // Tokens are long.
  maxHeaderSize: 32 * 1024,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
};

/** Starts a server. Rejects with BUSY where another program listens there, with INVALID_OPTION or IO_FAILED where nobody could. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { tls } = options;
  const connections = new Connections();
  const server = await createListener(options, connections);
  options.onServer?.(server);
  const address = await bind(server, options);
  return {
    address,
    url: clientUrl(address, tls !== undefined),
    server,
    async close({ timeout = DRAIN_TIMEOUT, hurry } = {}) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = await connections.drain(timeout, hurry);
      // handshakes that never end
      server.closeAllConnections();
      if (tls === undefined) await closed;
      return cut;
    },
  };
}

async function createListener({ tls, handler }: ListenOptions, connections: Connections): Promise<Server> {
  const server = tls === undefined ? createServer(SERVER_OPTIONS) : await createTlsServer(tls);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => connections.opened(socket));
  const take = (message: IncomingMessage, response: ServerResponse): void => {
    connections.asked(response);
    handler(message, response);
  };
  server.on('request', take);
  // The handler says when the body may come: who is refused need not send it.
  server.on('checkContinue', take);
  // Node lets go of such a socket: nobody else hears of its errors, which would end the process.
  server.on('connect', (_message, socket) => end(socket.on('error', () => {}) as Socket, '405 Method Not Allowed'));
  // A connection that cannot be taken, for want of file descriptors: those that are there go on.
  server.on('error', () => {});
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || connections.isAnswering(socket)) socket.destroy();
    else refuse(error, socket);
  });
  return server;
}

/** TLS takes time and memory to load, for those who want it. */
async function createTlsServer(tls: OpenedTls): Promise<Server> {
  const https = await import('node:https');
  const server = https.createServer({ ...SERVER_OPTIONS, handshakeTimeout: HEAD_TIMEOUT, ...tls.serverOptions });
  tls.attach(server);
  answerPlainHttp(server);
  return server;
}

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
};

/** What is no HTTP gets an answer, and the connection ends. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  end(socket, REFUSALS[error.code ?? ''] ?? '400 Bad Request');
}

function end(socket: Socket, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // it may go on sending for ever
  socket.destroySoon();
}
