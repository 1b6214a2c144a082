import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Handler = (message: IncomingMessage, response: ServerResponse) => void;

/**
 * Handles a connection's requests one after the other. Node begins with each as soon as it has arrived, and keeps what is answered until its turn has
 * come: a client that asks a thousand times and reads nothing would fill the memory.
 */
export function oneAtATime(handle: Handler): Handler {
  const last = new WeakMap<Socket, ServerResponse>();
  return (message, response) => {
    const { socket } = message;
    // An answer has its socket when it is its turn.
    const before = response.socket === null ? last.get(socket) : undefined;
    last.set(socket, response);
    if (before === undefined) {
      handle(message, response);
      return;
    }
    // Nor are more requests read than have come already.
    socket.pause();
    before.once('close', () => {
      if (socket.destroyed) return;
      socket.resume();
      handle(message, response);
    });
  };
}
