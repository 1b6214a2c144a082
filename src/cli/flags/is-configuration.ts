import { statSync } from 'node:fs';

/**
 * Whether a DIR|FILE is a configuration: whatever is there and no folder, also what a shell gives for `<(…)`. A name of YAML or JSON is one that is
 * missing: a folder made of it would be an open registry in place of the one that was meant.
 */
export function isConfiguration(operand: string): boolean {
  const found = statSync(operand, { throwIfNoEntry: false });
  return found === undefined ? /\.(?:ya?ml|json)$/i.test(operand) : !found.isDirectory();
}
