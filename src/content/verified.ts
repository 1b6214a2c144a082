import type { Bytes } from '#bytes';
import { DrayError } from '#errors';
import { type Descriptor, digestParts, hashFor } from '#oci';

/**
 * The bytes as they come, for readers that keep nothing. After the last one rejects with DIGEST_MISMATCH where they are not `target`, with
 * SIZE_MISMATCH as soon as there are more or when there are fewer: what was made of them is worth nothing then.
 * @param what names them in errors, e.g. `the layer sha256:…`
 */
export async function* verified(
  bytes: Bytes,
  { digest, size }: Descriptor,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = hashFor(digest);
  let received = 0;
  for await (const chunk of bytes) {
    received += chunk.length;
    if (received > size) throw wrongSize(what, size, 'more');
    hash.update(chunk);
    yield chunk;
  }
  if (received < size) throw wrongSize(what, size, String(received));
  const found = `${digestParts(digest).algorithm}:${hash.digest('hex')}`;
  if (found === digest) return;
  throw new DrayError('DIGEST_MISMATCH', `${what} has other content: ${found}`, {
    detail: { expected: digest, found },
  });
}

function wrongSize(what: string, size: number, found: string): DrayError {
  return new DrayError('SIZE_MISMATCH', `${what} should have ${size} bytes, but has ${found}`, { detail: { size } });
}
