import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const WORDS = 'Client sent an HTTP request to an HTTPS server.\n';
const ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: text/plain; charset=utf-8',
  'Connection: close',
  `Content-Length: ${WORDS.length}`,
  '',
  WORDS,
].join('\r\n');

/**
 * Answers those who speak http where https is spoken, in the words of other registries. Clients that fall back to http, as many do for
 * 127.0.0.1, take a connection that just ends for a fault that passes, and try again for seconds.
 */
export function answerPlainHttp(server: Server): void {
  /** Below the TLS, by the client's address: what is said has to go past the TLS that has failed. */
  const sockets = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const key = addressOf(socket);
    sockets.set(key, socket);
    socket.once('close', () => sockets.delete(key));
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, secure: Socket) => {
    const socket = sockets.get(addressOf(secure));
    if (error.code !== 'ERR_SSL_HTTP_REQUEST' || socket?.writable !== true) return;
    socket.on('error', () => {}).end(ANSWER);
    // it may go on sending for ever
    socket.destroySoon();
  });
}

function addressOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
