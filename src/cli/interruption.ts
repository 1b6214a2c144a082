import { DrayError } from '#errors';

/** What can stop a command from outside. SIGPIPE stands for "nobody reads stdout any more". */
export type Interruption = 'SIGINT' | 'SIGTERM' | 'SIGPIPE';

const STATUS: Readonly<Record<Interruption, number>> = { SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 };

/** The reason that `CliContext.signal` aborts with. */
export function interruption(by: Interruption): DrayError {
  return new DrayError('CANCELLED', `stopped by ${by}`, { detail: { by } });
}

/** Which interruption `reason` is; SIGINT for any other cancellation. */
export function interruptionOf(reason: unknown): Interruption {
  const by = reason instanceof DrayError ? reason.detail['by'] : undefined;
  return by === 'SIGTERM' || by === 'SIGPIPE' ? by : 'SIGINT';
}

export function interruptionStatus(by: Interruption): number {
  return STATUS[by];
}
