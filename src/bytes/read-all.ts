import { DrayError } from '#errors';
import { type Bytes, pour } from './bytes.ts';

/**
 * Reads everything into one buffer.
 * @param limit most bytes to take; one more rejects with TOO_LARGE, and no more than that is ever held
 * @param what names the content in the error, e.g. "the manifest of alpine:3.20"
 */
export async function readAll(bytes: Bytes, limit: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  await pour(bytes, (chunk) => {
    length += chunk.length;
    if (length > limit)
      throw new DrayError('TOO_LARGE', `${what} is larger than ${limit} bytes`, { detail: { limit } });
    // Not slice: of a Buffer that is a view.
    chunks.push(new Uint8Array(chunk));
  });
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
