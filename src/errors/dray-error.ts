import { CODES, type CodeFacts, type ErrorCode } from './codes.ts';

export interface DrayErrorOptions {
  /** The next step for the person who reads it. */
  readonly hint?: string;
  /** Facts a program may want: plain data, no secrets. */
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The only error that public functions reject with. The message says what was being done, to what, and what was found;
 * `hint` says what to do next. Wrapped once at the border of a room, with its `cause` kept. Never holds a secret.
 */
export class DrayError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly detail: Readonly<Record<string, unknown>>;
  /** A brand that survives two copies of the library in one process: `isDrayError` looks at it, not at the class. */
  readonly isDrayError: true = true;

  constructor(code: ErrorCode, message: string, options: DrayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DrayError';
    this.code = code;
    this.hint = options.hint;
    this.detail = options.detail ?? {};
  }

  get facts(): CodeFacts {
    return CODES[this.code];
  }
}

export function isDrayError(value: unknown): value is DrayError {
  return typeof value === 'object' && value !== null && 'isDrayError' in value && value.isDrayError === true;
}

/** True for a `DrayError` with one of these codes. */
export function hasCode(value: unknown, ...codes: readonly ErrorCode[]): value is DrayError {
  return isDrayError(value) && codes.includes(value.code);
}

/** The message of anything that was thrown, for one line of text. */
export function messageOf(value: unknown): string {
  return value instanceof Error ? value.message : String(value);
}
