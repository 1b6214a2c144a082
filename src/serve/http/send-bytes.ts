import type { Bytes } from '#bytes';
import type { Exchange, RawHeaders } from './exchange.ts';

/** How long a client may take nothing of an answer before its connection is ended, in milliseconds. */
const PATIENCE = 300_000;

/**
 * Answers with bytes as they come, no faster than the client takes them. When the source fails, the connection ends: an answer that is cut never
 * looks whole. Rejects with what the source rejected with; a client that goes away is no failure.
 */
export async function sendBytes(exchange: Exchange, status: number, headers: RawHeaders, bytes: Bytes): Promise<void> {
  const { response } = exchange;
  exchange.begin(status, headers);
  const impatience = setTimeout(() => response.destroy(), PATIENCE).unref();
  try {
    for await (const chunk of bytes) {
      exchange.sent += chunk.length;
      if (!(await isWritten(exchange, chunk))) return;
      impatience.refresh();
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    clearTimeout(impatience);
  }
}

/** Waits until the chunk is with the system: it is the source's again when the next one is asked for. False: the client is gone. */
function isWritten({ response }: Exchange, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const gone = (): void => resolve(false);
    response.once('close', gone);
    response.write(chunk, (error) => {
      response.off('close', gone);
      resolve(error === undefined || error === null);
    });
    if (response.destroyed) resolve(false);
  });
}
