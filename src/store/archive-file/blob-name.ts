import type { Digest } from '#oci';
import { digestNames } from '../disk/blobs.ts';

/** Where a blob stands in an archive, and in any OCI layout. Rejects with UNSUPPORTED for anything that is no digest. */
export function blobName(digest: Digest): string {
  return ['blobs', ...digestNames(digest)].join('/');
}
