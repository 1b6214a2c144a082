/**
 * Bytes on their way. A chunk belongs to its reader only until the next one is asked for: the producer may reuse
 * the buffer, so a reader that keeps a chunk copies it. Stopping the iteration early gives up the rest.
 */
export type Bytes = AsyncIterable<Uint8Array>;

/** Takes one chunk, synchronously. `false` means "enough": the producer stops and gives up the rest. */
export type Sink = (chunk: Uint8Array) => boolean | void;

/**
 * Bytes that can also be pushed: `pour` calls `sink` with every chunk as it arrives, without a promise between, and
 * resolves at the end (or after the sink said `false`). An error of the sink rejects and gives up the rest. Either iterate or pour, once.
 */
export interface PourableBytes extends Bytes {
  pour(sink: Sink): Promise<void>;
}

function isPourable(bytes: Bytes): bytes is PourableBytes {
  return 'pour' in bytes && typeof bytes.pour === 'function';
}

/** Pours any bytes: the fast way where the producer has one, by iteration otherwise. */
export async function pour(bytes: Bytes, sink: Sink): Promise<void> {
  if (isPourable(bytes)) return bytes.pour(sink);
  for await (const chunk of bytes) {
    if (sink(chunk) === false) return;
  }
}

/** One chunk, or several, as Bytes. */
export async function* bytesOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
