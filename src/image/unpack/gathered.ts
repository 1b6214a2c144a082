import type { Bytes } from '#bytes';

const SIZE = 256 * 1024;

/** The same bytes in large chunks, each good until the next one is asked for: headers of small files alone would be a write each. */
export async function* gathered(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(SIZE);
  let filled = 0;
  for await (const chunk of bytes) {
    const isLarge = chunk.length > SIZE / 2;
    if (filled > 0 && (isLarge || filled + chunk.length > SIZE)) {
      yield buffer.subarray(0, filled);
      filled = 0;
    }
    if (isLarge) yield chunk;
    else {
      buffer.set(chunk, filled);
      filled += chunk.length;
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}
