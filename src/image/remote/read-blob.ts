import { type CallOptions, continuedSource, verified } from '#content';
import { DrayError } from '#errors';
import { type Descriptor, familiarString } from '#oci';
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
      const bytes = verified(await source.fetch(blob, { signal }), blob, `the blob ${digest}`);
      begun = true;
      await use(blob, bytes);
    },
    { action: 'read a blob of', signal, onEvent },
  );
}
