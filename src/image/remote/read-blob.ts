import { createHash } from 'node:crypto';
import { type CallOptions, continuedSource } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, digestParts, familiarString } from '#oci';
import type { Places } from '../places.ts';
import { parseRemote } from './parse-remote.ts';

const ANY_TYPE = 'application/octet-stream';

/**
 * The bytes of a blob, `REPOSITORY@DIGEST`, going on where a connection breaks. Ends with DIGEST_MISMATCH or SIZE_MISMATCH when what came is
 * not the blob: what was made of it is worth nothing then. Rejects with BLOB_UNKNOWN, or INVALID_REFERENCE where no digest is named.
 */
export async function readBlob(
  text: string,
  { registries, retries }: Places,
  use: (blob: Descriptor, bytes: AsyncIterable<Uint8Array>) => Promise<void>,
  { signal, onEvent }: CallOptions = {},
): Promise<void> {
  const reference = parseRemote(text);
  const { digest } = reference;
  if (digest === undefined) {
    throw new DrayError('INVALID_REFERENCE', `${familiarString(reference)} names no blob`, {
      hint: 'blobs have digests alone: REPOSITORY@sha256:…; dray manifest lists those of an image',
    });
  }
  let begun = false;
  await registries.over(
    reference,
    async (repository) => {
      if (begun)
        throw new DrayError('CONNECTION_LOST', 'the registry failed when part of the blob was written already');
      const size = await repository.blobSize(digest, { signal, onEvent });
      const blob: Descriptor = { mediaType: ANY_TYPE, digest, size };
      const source = continuedSource(repository, { retries, onEvent });
      const bytes = verified(await source.fetch(blob, { signal }), blob);
      begun = true;
      await use(blob, bytes);
    },
    { action: 'read a blob of', signal, onEvent },
  );
}

async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  blob: Descriptor,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { algorithm } = digestParts(blob.digest);
  const hash = createHash(algorithm);
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  const found = `${algorithm}:${hash.digest('hex')}`;
  if (found === blob.digest) return;
  throw new DrayError('DIGEST_MISMATCH', `the blob ${blob.digest} has other content: ${found}`, {
    detail: { expected: blob.digest, found },
  });
}
