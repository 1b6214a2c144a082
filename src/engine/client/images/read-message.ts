import { DrayError } from '#errors';
import type { ProgressDetail, ProgressMessage } from '../../api/progress-message.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';

const DETAIL: { readonly [name in keyof Required<ProgressDetail>]: Check } = {
  current: isNumber,
  total: isNumber,
  units: isText,
  hidecounts: (value) => typeof value === 'boolean',
};

const FIELDS: { readonly [name in keyof Required<ProgressMessage>]: Check } = {
  status: isText,
  id: isText,
  progress: isText,
  stream: isText,
  error: isText,
  aux: () => true,
  progressDetail: (value) => fits(value, DETAIL),
  errorDetail: (value) => fits(value, { code: isNumber, message: isText }) && 'message' in (value as object),
};

/** An object of a stream as the message that it is. A field that is null is none. Throws BAD_RESPONSE where a field is of another type. */
export function readMessage(found: object): ProgressMessage {
  const present = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null));
  if (!Array.isArray(found) && fits(present, FIELDS)) return present;
  throw new DrayError('BAD_RESPONSE', 'the engine sent something else than a message of progress');
}

function fits(value: unknown, checks: Readonly<Record<string, Check>>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([name, field]) => !Object.hasOwn(checks, name) || checks[name]?.(field));
}
