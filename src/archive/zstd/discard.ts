import { MessageChannel, type MessagePort } from 'node:worker_threads';

let nowhere: MessagePort | undefined;

/**
 * Frees the memory of `bytes`, and of every view of the same buffer, now: they have no length from here on. Left to garbage collection it would
 * stay for a while, so that two windows that are used one after the other are both there.
 */
export function discard(bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes.length === 0) return;
  nowhere ??= closedPort();
  // A port takes what is transferred to it; a closed one has nobody to give it to.
  nowhere.postMessage(undefined, [bytes.buffer]);
}

function closedPort(): MessagePort {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
