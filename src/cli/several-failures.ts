import type { DrayError } from '#errors';
import type { CliContext } from './context.ts';
import { manyLines } from './output/printable.ts';

/** What several operands failed with: all but the last are told here, and the last is thrown, for the end of the command. */
export function throwSeveral(failures: readonly DrayError[], { stderr }: Pick<CliContext, 'stderr'>): void {
  const last = failures.at(-1);
  if (last === undefined) return;
  for (const { message } of failures.slice(0, -1)) stderr.write(`dray: ${manyLines(message)}\n`);
  throw last;
}
