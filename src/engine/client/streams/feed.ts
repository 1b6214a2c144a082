import { finished, Readable, type Writable } from 'node:stream';
import type { Bytes } from '#bytes';
import { DrayError, messageOf } from '#errors';
import { copies } from './copies.ts';

/** What is given to a container to read: as it comes, or all of it at once. */
export type InputSource = Readable | Bytes | Uint8Array | string;

export interface FeedOptions {
  /** Whether the input ends with the source. */
  readonly end: boolean;
  /** Called with IO_FAILED where the source fails. */
  readonly onFault: (error: DrayError) => void;
}

/**
 * Writes a source to a container's input, as fast as that takes it. What is left when the input is closed is not read; a stream that was
 * given is not destroyed.
 * @returns stops it; the input stays as it is
 */
export function feed(source: InputSource, input: Writable, { end, onFault }: FeedOptions): () => void {
  const isGiven = source instanceof Readable;
  const readable = isGiven ? source : Readable.from(chunksOf(source), { objectMode: false });
  const release = finished(readable, { writable: false }, (error) => {
    if (error === undefined || error === null) return;
    onFault(
      new DrayError('IO_FAILED', `cannot read what the container is to be given: ${messageOf(error)}`, {
        cause: error,
      }),
    );
  });
  readable.pipe(input, { end });
  return () => {
    release();
    readable.unpipe(input);
    if (!isGiven) readable.on('error', () => {}).destroy();
  };
}

function chunksOf(source: Bytes | Uint8Array | string): Iterable<Buffer> | AsyncIterable<Uint8Array> {
  const isWhole = typeof source === 'string' || source instanceof Uint8Array;
  return isWhole ? [Buffer.from(source)] : copies(source);
}
