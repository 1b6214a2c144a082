import type { IncomingMessage } from 'node:http';
import { announcedLength } from './announced-length.ts';

/** What of a body nobody wants is read all the same, so that the connection can be used again. Bytes. */
const SMALL = 2 ** 18;
/** How long, and for how many bytes, a client may go on sending before it has read that nobody listens. */
const PATIENCE = 2000;
const MOST = 2 ** 23;

/** Whether more of the body is to come than is worth reading. */
export function hasMuchUnread(message: IncomingMessage): boolean {
  if (message.complete) return false;
  const length = announcedLength(message);
  return length === undefined || length > SMALL;
}

/**
 * Drops what still comes, for a while: a connection that is closed on somebody who is sending loses the answer on its way.
 * @param most bytes to drop; on one machine they come faster than an answer is read
 */
export function linger(message: IncomingMessage, most: number = MOST): Promise<void> {
  return new Promise((resolve) => {
    let dropped = 0;
    const timer = setTimeout(() => resolve(), PATIENCE).unref();
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    message.on('data', (chunk: Buffer) => {
      dropped += chunk.length;
      if (dropped > most) done();
    });
    message.once('close', done).once('end', done).resume();
    if (message.destroyed) done();
  });
}
