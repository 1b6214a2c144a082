import type { Attached } from './attached.ts';
import { feed, type InputSource } from './feed.ts';
import { interruptible } from './interruptible.ts';
import { type SplitTargets, split } from './split.ts';

/** Both directions of a container's streams. */
export interface Converse extends SplitTargets {
  /** Its end is the end of the container's input, unless that is a terminal: there it is a character (`\x04`) that has to be in it. */
  readonly stdin?: InputSource | undefined;
}

/**
 * Gives a container its input and brings its output where it belongs. Resolves when the output has been written to its end, whatever is
 * left of the input. Rejects as `split` and `feed` do, with the connection closed.
 */
export async function converse(attached: Attached, { stdin, stdout, stderr }: Converse): Promise<void> {
  const waiting = interruptible();
  // With a terminal, Docker's engine gives up the output where the input ends.
  const how = { end: !attached.hasTerminal, onFault: (error: Error) => waiting.interrupt(error) };
  const stop = stdin === undefined ? undefined : feed(stdin, attached.stdin, how);
  try {
    await waiting.wait(split(attached.frames(), { stdout, stderr }));
  } finally {
    stop?.();
    attached.close();
  }
}
