import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Handle = (message: IncomingMessage, response: ServerResponse) => void;

/** Requests of one connection that wait for their turn; clients that are no attack send none ahead, or a few. */
const MOST_WAITING = 250;

/**
 * Handles the requests of a connection one after the other, as they are answered and as Docker handles them: a client that sends thousands ahead
 * has one of them worked on, and later ones see what earlier ones have done. Who has more than 250 waiting is cut off.
 */
export function inTurn(handle: Handle): Handle {
  const lines = new WeakMap<Socket, (() => void)[]>();
  return (message, response) => {
    const { socket } = message;
    // Behind the last answer of a connection nothing is asked any more.
    if (socket.destroyed || socket.writableEnded) return;
    const begin = (): void => {
      response.once('close', () => {
        const next = lines.get(socket)?.shift();
        if (next === undefined || socket.destroyed || socket.writableEnded) lines.delete(socket);
        else next();
      });
      handle(message, response);
    };
    const waiting = lines.get(socket);
    if (waiting === undefined) {
      lines.set(socket, []);
      begin();
    } else if (waiting.length < MOST_WAITING) waiting.push(begin);
    else socket.destroy();
  };
}
