import { bytesOf, pour, readAll } from '#bytes';
import { DrayError, hasCode } from '#errors';
import type { Descriptor } from '#oci';
import type { HttpBody, HttpResponse } from '#transport';

/** True for an answer that came gzipped: nobody asked for that, but caches and proxies do it to whatever passes. */
export function isGzipped({ headers }: HttpResponse): boolean {
  return /^(?:x-)?gzip$/i.test(headers.get('content-encoding')?.trim() ?? '');
}

/** The body of an answer that is read whole, without the gzip around it; at most `limit` bytes, on the way and then. Rejects with TOO_LARGE and BAD_RESPONSE. */
export async function readWhole(response: HttpResponse, limit: number, what: string): Promise<Uint8Array> {
  const bytes = await readAll(response.body, limit, what);
  if (!isGzipped(response)) return bytes;
  const { decompress } = await import('#archive');
  try {
    return await readAll(decompress(bytesOf(bytes)), limit, what);
  } catch (cause) {
    if (!hasCode(cause, 'CORRUPT_LAYER')) throw cause;
    throw new DrayError('BAD_RESPONSE', `${what} came gzipped, and broken`, { cause });
  }
}

/** A blob's body without the gzip around it, as it passes. Ends with SIZE_MISMATCH where it has too few bytes. */
export function ungzipped(body: HttpBody, { digest, size }: Descriptor): HttpBody {
  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    const { decompress } = await import('#archive');
    let length = 0;
    for await (const chunk of decompress(body)) {
      length += chunk.length;
      yield chunk;
    }
    if (length >= size) return;
    throw new DrayError(
      'SIZE_MISMATCH',
      `blob ${digest} should have ${size} bytes, but came gzipped and has ${length}`,
      {
        detail: { expected: size, found: length },
      },
    );
  }
  return {
    length: undefined,
    [Symbol.asyncIterator]: content,
    pour: (sink) => pour(content(), sink),
    discard: () => body.discard(),
  };
}
