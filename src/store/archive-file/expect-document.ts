import { createHash } from 'node:crypto';
import { type Bytes, pour } from '#bytes';
import type { CallOptions } from '#content';
import { DrayError, throwIfCancelled, unlessCancelled } from '#errors';
import { type Descriptor, digestParts } from '#oci';

/** Takes content that is there already, and only checks that it is what it claims to be. */
export async function expectDocument(target: Descriptor, content: Bytes, options: CallOptions): Promise<void> {
  const { digest, size } = target;
  const hash = createHash(digestParts(digest).algorithm);
  let length = 0;
  const poured = pour(content, (chunk) => {
    throwIfCancelled(options.signal);
    length += chunk.length;
    if (length > size) throw wrongSize(target, 'more');
    hash.update(chunk);
  });
  await unlessCancelled(poured, options.signal);
  if (length < size) throw wrongSize(target, `only ${length}`);
  const found = `${digestParts(digest).algorithm}:${hash.digest('hex')}`;
  if (found === digest) return;
  const message = `the bytes received for ${digest} have the digest ${found}`;
  throw new DrayError('DIGEST_MISMATCH', message, { detail: { expected: digest, found } });
}

function wrongSize({ digest, size }: Descriptor, found: string): DrayError {
  return new DrayError('SIZE_MISMATCH', `${digest} has ${size} bytes, but ${found} of them arrived`, {
    detail: { digest, size },
  });
}
