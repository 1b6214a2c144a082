import { CODES, type ErrorCode, isDrayError } from '#errors';
import type { Digest } from '#oci';

/** One thing that is wrong with an image. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  /** The document or layer that it is about. */
  readonly digest: Digest;
}

/** What an error says of the content `digest`. Throws errors that say nothing of it: network, access, disk, cancellation. */
export function asFault(error: unknown, digest: Digest): Fault {
  if (!isDrayError(error)) throw error;
  const { family } = CODES[error.code];
  if (family !== 'integrity' && family !== 'absence') throw error;
  return { code: error.code, message: error.message, digest };
}
