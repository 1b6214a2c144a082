import type { DrayError } from '#errors';

/** A failure that an upload may get over: `error` is what to say when it does not. */
export class Setback extends Error {
  readonly error: DrayError;
  /** Nothing of the session can be used. */
  readonly lost: boolean;
  /** Milliseconds that the registry asks to wait. */
  readonly wait: number;

  constructor(error: DrayError, { lost = false, wait = 0 }: { readonly lost?: boolean; readonly wait?: number } = {}) {
    super(error.message, { cause: error });
    this.error = error;
    this.lost = lost;
    this.wait = wait;
  }
}
