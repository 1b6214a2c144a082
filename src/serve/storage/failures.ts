import { DrayError } from '#errors';
import type { Digest } from '#oci';

export function unknownUpload(repository: string, id: string): DrayError {
  return new DrayError('NOT_FOUND', `${repository} has no upload ${id}`, { detail: { repository, upload: id } });
}

export function busyUpload(repository: string, id: string): DrayError {
  return new DrayError('BUSY', `another request is writing to the upload ${id} of ${repository}`, {
    detail: { repository, upload: id },
  });
}

/** @param size how many bytes the upload has */
export function otherOffset(repository: string, id: string, size: number, offset: number): DrayError {
  return new DrayError(
    'CONFLICT',
    `the upload ${id} of ${repository} has ${size} bytes, it cannot go on at ${offset}`,
    {
      hint: `go on at byte ${size}`,
      detail: { repository, upload: id, size },
    },
  );
}

export function otherContent(expected: Digest, found: Digest): DrayError {
  return new DrayError('DIGEST_MISMATCH', `the bytes received for ${expected} have the digest ${found}`, {
    detail: { expected, found },
  });
}
