import { DrayError } from '#errors';
import { printable } from '#oci';
import type { ProgressMessage } from '../../api/progress-message.ts';
import { meaningOf } from '../meaning.ts';

/** Longest text of an engine that is shown. */
const LONGEST = 4096;

/**
 * The failure that a message of a stream tells of, or undefined. Only its words tell of what kind it is. `detail` has the engine's text as `message` and, where the engine gives
 * one, its `code`: of a build the status that the step ended with.
 * @param what for the message: "the pull of alpine"
 */
export function streamError(message: ProgressMessage, what: string): DrayError | undefined {
  const { error, errorDetail } = message;
  if (error === undefined && errorDetail === undefined) return undefined;
  const text = errorDetail?.message || error || 'the engine failed and does not say why';
  const code = errorDetail?.code;
  return new DrayError(meaningOf(text), `${what} failed: ${printable(text, LONGEST)}`, {
    detail: { message: text, ...(code !== undefined && { code }) },
  });
}
