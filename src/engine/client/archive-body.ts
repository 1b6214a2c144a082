import { Readable } from 'node:stream';
import { type Bytes, bytesOf } from '#bytes';
import { DrayError, isDrayError, messageOf } from '#errors';
import { hearErrors } from './hear-errors.ts';

/** An archive to send: as it comes (the stream of a file, a generator, the body of a `fetch`), or all of it at once. It is read once. */
export type ArchiveSource = Bytes | Uint8Array;

/** What a request sends. */
export interface ArchiveBody extends Bytes {
  /** Makes the request with `send`, and closes the source where that rejects before it was read. */
  sentBy<T>(send: () => Promise<T>): Promise<T>;
}

/**
 * The bytes, to be sent later. Where they cannot be read the request ends, and rejects with IO_FAILED: the engine is not to blame. So it does
 * where a stream has failed before it is read.
 */
export function archiveBody(source: ArchiveSource, what: string): ArchiveBody {
  hearErrors(source);
  const bytes = source instanceof Uint8Array ? bytesOf(source) : source;
  let isRead = false;
  return {
    async *[Symbol.asyncIterator]() {
      isRead = true;
      try {
        yield* bytes;
      } catch (cause) {
        if (isDrayError(cause)) throw cause;
        const message = `cannot read ${what} that is sent to the engine: ${messageOf(cause)}`;
        throw new DrayError('IO_FAILED', message, { cause });
      }
    },
    async sentBy(send) {
      try {
        return await send();
      } catch (error) {
        if (!isRead) close(bytes);
        throw error;
      }
    },
  };
}

function close(bytes: Bytes): void {
  if (bytes instanceof Readable) bytes.destroy();
  else void bytes[Symbol.asyncIterator]().return?.();
}
