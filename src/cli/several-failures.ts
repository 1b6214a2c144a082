import { DrayError } from '#errors';

/** What several operands failed with, as one error: each message in a line, and the code of the first. */
export function severalFailures(failures: readonly DrayError[]): DrayError {
  const [first] = failures;
  if (first === undefined) return new DrayError('BUG', 'nothing failed');
  if (failures.length === 1) return first;
  const { code, hint } = first;
  const message = failures.map((error) => error.message).join('\n');
  return new DrayError(code, message, { cause: first, ...(hint === undefined ? {} : { hint }) });
}
