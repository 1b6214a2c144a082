import { hasScheme } from '#image';
import { UsageError } from './usage-error.ts';

/**
 * Throws a UsageError where `-o` names a place of `copy`: it takes a path, and a file called `docker-daemon:app` would be none's wish.
 *
 * @param from how `copy` would name what is written
 */
export function checkOutput(output: string | undefined, from: string): void {
  if (output === undefined || !hasScheme(output)) return;
  throw new UsageError(`--output takes the path of a file or folder, and ${output} is a place`, {
    hint: `to put the image there: dray copy ${from} ${output}; a file of that name is ./${output}`,
  });
}
