import type { Duplex } from 'node:stream';

/** What is held for a reader that is busy. Bytes. */
const HELD = 128 * 1024;

/** What comes from a connection. */
export interface Arriving {
  /** Ends as the connection does: rejects with the error that it was lost with, after all that had come before. Once. */
  bytes(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Forgets what has come, and closes the connection: `bytes` rejects with the error, or ends where there is none. */
  close(error?: Error): void;
}

/**
 * Reads a connection ahead of its reader, and asks it to wait when that much is held. A socket forgets what it has read as soon as a write
 * fails, and a container that ends does not read the rest of its input: without this the last it said would be lost.
 */
export function arriving(stream: Duplex): Arriving {
  const queue: Uint8Array[] = [];
  let held = 0;
  let failure: Error | undefined;
  let isOver = false;
  let wake = (): void => {};
  const finish = (error?: Error): void => {
    if (!isOver) failure = error;
    isOver = true;
    wake();
  };
  stream.on('data', (chunk: Uint8Array) => {
    if (isOver) return;
    queue.push(chunk);
    held += chunk.length;
    if (held >= HELD) stream.pause();
    wake();
  });
  stream.once('end', () => finish());
  // Not once: a second error must not be one that nobody hears.
  stream.on('error', (error: Error) => finish(error));
  const onClose = (): void => finish(stream.errored ?? new Error('the connection was closed'));
  stream.once('close', onClose);
  // Lost before anybody listened.
  if (stream.readableEnded) finish();
  else if (stream.destroyed) onClose();
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
        held -= chunk.length;
        if (held < HELD && stream.isPaused()) stream.resume();
        yield chunk;
      }
      if (failure !== undefined) throw failure;
      if (isOver) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    bytes,
    close(error) {
      queue.length = 0;
      finish(error);
      stream.destroy();
    },
  };
}
