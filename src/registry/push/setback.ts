import type { DrayError } from '#errors';

export interface SetbackOptions {
  /** The session is of no use any more; else the registry is asked how far it is. */
  readonly lost?: boolean | undefined;
  /** Milliseconds that the registry asks to wait. */
  readonly wait?: number | undefined;
  /** What to do else: send less at once, send it in another manner, or send it without PATCH. */
  readonly change?: 'smaller' | 'other' | 'whole' | undefined;
  /** The request was repeated already, as often as requests are. */
  readonly repeated?: boolean | undefined;
  /** What was joined from several requests may be wrong, though each was right. */
  readonly mixed?: boolean | undefined;
}

/** A failure that an upload may get over; `error` is what to say when it does not. */
export class Setback extends Error {
  readonly error: DrayError;
  readonly lost: boolean;
  readonly wait: number;
  readonly change: SetbackOptions['change'];
  readonly repeated: boolean;
  readonly mixed: boolean;

  constructor(
    error: DrayError,
    { lost = false, wait = 0, change, repeated = false, mixed = false }: SetbackOptions = {},
  ) {
    super(error.message, { cause: error });
    this.error = error;
    this.lost = lost;
    this.wait = wait;
    this.change = change;
    this.repeated = repeated;
    this.mixed = mixed;
  }
}
