import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Goes on with a connection in HTTP/2. */
export type ConnectionTaker = (socket: Socket) => void;

/** Newer ones ask before they take a request for an upgrade. */
interface DecidingServer {
  shouldUpgradeCallback?: (message: IncomingMessage) => boolean;
}

/**
 * Lets takers go on with connections for which clients ask `POST` of their path and an upgrade to `h2c`. All else that asks for an upgrade is
 * answered as if it had not, which HTTP allows: some clients ask at every request. Who asks before an earlier request is answered is cut off.
 */
export function answerUpgrades(server: Server, takers: Readonly<Record<string, ConnectionTaker>>): void {
  const decides = server as DecidingServer;
  if (decides.shouldUpgradeCallback !== undefined) {
    decides.shouldUpgradeCallback = (message) => takerFor(message, takers) !== undefined;
  }
  const latest = new WeakMap<Socket, ServerResponse>();
  const note = ({ socket }: IncomingMessage, response: ServerResponse): void => void latest.set(socket, response);
  server.on('request', note).on('checkContinue', note);
  server.on('upgrade', (message: IncomingMessage, duplex, head: Buffer) => {
    const socket = duplex as Socket;
    // An answer that came after the connection has changed hands would end the whole process.
    if (latest.get(socket)?.writableFinished === false) {
      socket.destroy();
      return;
    }
    const take = takerFor(message, takers);
    if (take === undefined) {
      // only a Node without the question above comes here
      socket.unshift(Buffer.concat([headWithoutUpgrade(message), head]));
      server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
      return;
    }
    socket.on('error', () => socket.destroy());
    if (head.length > 0) socket.unshift(head);
    // So would what is still being written then.
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', (error) => {
      if (!error && !socket.destroyed) take(socket);
    });
  });
}

function takerFor(
  { method, url = '', headers }: IncomingMessage,
  takers: Readonly<Record<string, ConnectionTaker>>,
): ConnectionTaker | undefined {
  const isTaken = method === 'POST' && headers.upgrade === 'h2c' && Object.hasOwn(takers, url);
  // A browser may ask for nothing here.
  return isTaken && headers.origin === undefined ? takers[url] : undefined;
}

/** The head of the request once more, as it came. */
function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!/^(?:upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${value}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
