import { DrayError, hasCode } from '#errors';

/** To work that was stopped, says how to go on. Other errors are left as they are. */
export function withWayOn(error: unknown, hint: string): unknown {
  if (!hasCode(error, 'CANCELLED')) return error;
  const { message, detail } = error;
  return new DrayError('CANCELLED', message, { hint, detail, cause: error });
}
