import { DrayError, errnoOf, isDrayError, messageOf } from '#errors';

/** What the file system refused, as a DrayError. */
export function asIoFailure(doing: string, cause: unknown): Error {
  if (isDrayError(cause)) return cause;
  const errno = errnoOf(cause);
  const isFull = errno === 'ENOSPC' || errno === 'EDQUOT' || errno === 'EFBIG';
  return isFull
    ? new DrayError('DISK_FULL', `${doing}: no space left`, { hint: 'free some space, or bound the cache', cause })
    : new DrayError('IO_FAILED', `${doing}: ${messageOf(cause)}`, { cause });
}
