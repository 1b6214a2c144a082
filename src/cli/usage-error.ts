import { DrayError } from '#errors';

export interface UsageErrorOptions {
  readonly hint?: string;
  /** docker ends with 125 for a bad flag, and with 1 where the arguments are wrong in another way; 64 is its `version`'s for a template. */
  readonly dockerStatus?: 125 | 64 | 1;
}

/** A command line that cannot be carried out. Nothing has been asked or written when it is thrown. */
export class UsageError extends DrayError {
  readonly dockerStatus: 125 | 64 | 1;

  constructor(message: string, options: UsageErrorOptions = {}) {
    super('INVALID_OPTION', message, options.hint === undefined ? {} : { hint: options.hint });
    this.dockerStatus = options.dockerStatus ?? 125;
  }
}
