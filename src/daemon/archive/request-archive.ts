import type { IncomingMessage } from 'node:http';
import { DrayError } from '#errors';
import type { ArchiveOrigin } from '#store';
import type { EngineExchange } from '../http/exchange.ts';

/** The body of a request, for one reader. Whoever stops before its end leaves the connection as it is: there is an answer to be sent. */
export function requestArchive({ body }: EngineExchange): ArchiveOrigin {
  return { stream: bytesOf(body), name: 'the archive' };
}

/** Rejects with CONNECTION_LOST when the client goes away in the middle. */
async function* bytesOf(message: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw lost(cause);
  }
  if (!message.complete) throw lost(undefined);
}

function lost(cause: unknown): DrayError {
  return new DrayError('CONNECTION_LOST', 'the client went away before its archive was whole', { cause });
}
