import { setImmediate } from 'node:timers/promises';
import type { Bytes } from '#bytes';
import { gunzip } from './gunzip.ts';
import { type Compression, SNIFF_LENGTH, sniffCompression } from './sniff.ts';

/** Content and how it was compressed. */
export interface Opened {
  readonly compression: Compression;
  readonly bytes: Bytes;
}

/**
 * The content without its gzip or zstd compression, told by its first bytes; as it is where it has none. Memory is bounded whatever comes.
 * Rejects with CORRUPT_LAYER at broken or cut off data, and with whatever `bytes` reject with.
 */
export async function* decompress(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  yield* (await openCompressed(bytes)).bytes;
}

/** Reads the first bytes and says what comes; iterate the result's bytes, once. */
export async function openCompressed(bytes: Bytes): Promise<Opened> {
  const iterator = bytes[Symbol.asyncIterator]();
  const head = await readHead(iterator);
  const compression = sniffCompression(head);
  const whole = joined(head, iterator);
  if (compression === 'none') return { compression, bytes: whole };
  if (compression === 'gzip') return { compression, bytes: withBreaths(gunzip(whole)) };
  const { unzstd } = await import('./unzstd.ts');
  return { compression, bytes: withBreaths(unzstd(whole)) };
}

/** A bomb turns one chunk into gigabytes: after this much output the event loop gets a turn, so that cancelling works. */
const BREATH = 16 * 1024 * 1024;

async function* withBreaths(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  let sinceBreath = 0;
  for await (const chunk of bytes) {
    yield chunk;
    sinceBreath += chunk.length;
    if (sinceBreath < BREATH) continue;
    sinceBreath = 0;
    await setImmediate();
  }
}

/** The first chunk, or as many as it takes to have the bytes that the sniffing needs. */
async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head = new Uint8Array(0);
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return head;
    if (head.length === 0 && next.value.length >= SNIFF_LENGTH) return next.value;
    head = Buffer.concat([head, next.value]);
    if (head.length >= SNIFF_LENGTH) return head;
  }
}

async function* joined(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let ended = false;
  try {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await iterator.next();
      ended = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    if (!ended) await iterator.return?.();
  }
}
