import { DrayError } from '#errors';

/**
 * The instructions in the lines of changes, read together as the lines of one Dockerfile: a backslash at the end of a line goes on in the next one, also
 * in that of the next change; comments and empty lines are none. Throws INVALID_OPTION where there are changes and nothing is in them.
 */
export function instructionsOf(changes: readonly string[]): readonly string[] {
  const instructions: string[] = [];
  let begun: string[] = [];
  const end = (): void => {
    if (begun.length > 0) instructions.push(begun.join(''));
    begun = [];
  };
  for (const line of changes.flatMap((change) => change.split(/\r?\n/))) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    // What a line begins with belongs to an instruction that goes on.
    const part = begun.length === 0 ? text : line.trimEnd();
    begun.push(part.endsWith('\\') ? part.slice(0, -1) : part);
    if (!part.endsWith('\\')) end();
  }
  end();
  if (changes.length > 0 && instructions.length === 0) {
    throw new DrayError('INVALID_OPTION', 'file with no instructions', {
      hint: 'a change is one as in CMD ["/bin/sh"]',
    });
  }
  return instructions;
}
