import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Sink } from '#bytes';
import type { Fetched, FetchOptions } from '#content';
import { throwIfCancelled } from '#errors';
import { type FileRegion, readRegion } from '../file-region.ts';

/** Bytes read at once: they stay in the processor's cache until they are hashed or written. */
const CHUNK = 512 * 1024;

/** A blob's bytes, read from its place in a file that stays open. */
export function fetchRegion(region: FileRegion, size: number, options: FetchOptions): Fetched {
  const offset = Math.min(Math.max(0, options.offset ?? 0), size);
  const end = Math.min(options.end ?? size, size);
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(CHUNK, end - offset)));
    for (let at = offset; at < end; at += buffer.length) {
      throwIfCancelled(options.signal);
      const chunk = buffer.subarray(0, Math.min(buffer.length, end - at));
      readRegion(region, at, chunk);
      yield chunk;
      await nextTurn();
    }
  }
  return {
    offset,
    [Symbol.asyncIterator]: chunks,
    async pour(sink: Sink): Promise<void> {
      for await (const chunk of chunks()) {
        if (sink(chunk) === false) return;
      }
    },
  };
}

/** Bytes that are in memory, in the same way. */
export function fetchBytes(bytes: Uint8Array, options: FetchOptions): Fetched {
  const offset = Math.min(Math.max(0, options.offset ?? 0), bytes.length);
  const wanted = bytes.subarray(offset, options.end ?? bytes.length);
  return {
    offset,
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
      if (wanted.length > 0) yield wanted;
    },
    async pour(sink: Sink): Promise<void> {
      if (wanted.length > 0) sink(wanted);
    },
  };
}
