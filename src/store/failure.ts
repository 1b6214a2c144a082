import { DrayError, errnoOf, isDrayError, messageOf } from '#errors';

/**
 * What the file system refused, as a DrayError: DISK_FULL where space, quota or the size that a file may have ran out, else IO_FAILED.
 * @param kept whether what was written before stays for the next run
 */
export function fileFailure(
  doing: string,
  cause: unknown,
  detail: Readonly<Record<string, unknown>> = {},
  kept = true,
): DrayError {
  const code = errnoOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const hint = `free some space, or use another folder${kept ? '; what has arrived is kept and the next run goes on from there' : ''}`;
    return new DrayError('DISK_FULL', `${doing}: no space left`, { hint, detail, cause });
  }
  if (code === 'EFBIG') {
    const hint = `a limit of this shell (ulimit -f) or of the file system${kept ? '; what has arrived is kept' : ''}`;
    return new DrayError('DISK_FULL', `${doing}: no file may be so large here`, { hint, detail, cause });
  }
  return new DrayError('IO_FAILED', `${doing}: ${messageOf(cause)}`, { detail, cause });
}

/** `error` as public functions throw it: what the file system refused is told with what was being done, a DrayError stays as it is. */
export function asFailure(doing: string, error: unknown): unknown {
  return isDrayError(error) || errnoOf(error) === undefined ? error : fileFailure(doing, error);
}
