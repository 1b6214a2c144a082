import type { Command } from './command.ts';

/** What docker, crane, oras and regctl say after `manifest`, `blob`, `tag` and the like. */
const VERBS = new Set(['cat', 'fetch', 'get', 'head', 'inspect', 'list', 'ls', 'show']);
const FILE = /^-$|^[^:]*\.(?:tar|tgz|tar\.gz)$/;

/** How to put right a line with one operand too many, as others spell it; empty where nothing is known of it. */
export function surplusOperand(command: Command, operands: readonly string[]): string {
  const { max } = command.operands;
  const [first = ''] = operands;
  const last = operands.at(-1) ?? '';
  if (operands.length !== max + 1) return '';
  if (VERBS.has(first)) return `: leave out '${first}'`;
  const writes = command.flags().some(({ long }) => long === '--output');
  return writes && FILE.test(last) ? `: to write to a file, say -o ${last}` : '';
}
