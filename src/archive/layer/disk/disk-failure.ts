import { DrayError, errnoOf, isDrayError, messageOf } from '#errors';
import { quoted } from '#oci';

/** What the system refused while `name` was unpacked, as a DrayError: DISK_FULL, CORRUPT_LAYER for what no system takes, else IO_FAILED. */
export function diskFailure(name: string, cause: unknown): unknown {
  const errno = errnoOf(cause);
  if (isDrayError(cause) || errno === undefined) return cause;
  const doing = `cannot unpack ${quoted(name)}`;
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new DrayError('DISK_FULL', `${doing}: no space left`, {
        hint: 'free some space, or use another folder',
        cause,
      });
    case 'EFBIG':
      return new DrayError('DISK_FULL', `${doing}: no file may be so large here`, { cause });
    case 'ENAMETOOLONG':
      return new DrayError('CORRUPT_LAYER', `${doing}: the name is too long for this file system`, { cause });
    default:
      return new DrayError('IO_FAILED', `${doing}: ${withoutPath(messageOf(cause))}`, { cause });
  }
}

/** Without the path that Node adds: it leads through a folder's number, and says nothing to anybody. */
function withoutPath(message: string): string {
  return message.replace(/ '.*$/s, '');
}
