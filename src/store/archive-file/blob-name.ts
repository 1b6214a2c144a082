import { type Digest, digestParts } from '#oci';

/** Where a blob stands in an archive, and in any OCI layout. */
export function blobName(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `blobs/${algorithm}/${hex}`;
}
