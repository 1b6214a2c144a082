import type { Option } from 'commander';
import type { Command } from './command.ts';
import { type CommandGroup, GROUPS, shownCommands } from './command-table.ts';
import type { Output } from './context.ts';
import { globalFlags } from './flags/global-flags.ts';
import { flagGroups } from './parse-command-line.ts';
import { target } from './route.ts';

/** Columns that help may use: the terminal's, or 80. */
export function helpWidth(stdout: Output): number {
  return Math.min(120, Math.max(72, stdout.columns ?? 80)) - 1;
}

/** Help for one command, in docker's layout, in lines of at most `width` characters. */
export function commandHelp(command: Command, width: number): string {
  const parts = [`Usage:  dray ${command.name} ${command.usage}`, wrap(command.description, width, 0)];
  const { aliases = [] } = command;
  if (aliases.length > 0) parts.push(`Aliases:\n  ${[...aliases, `dray ${command.name}`].join(', ')}`);
  if (command.examples.length > 0) {
    const examples = command.examples.map(([line, what]) => `  # ${what}\n  $ ${line}`);
    parts.push(`Examples:\n${examples.join('\n')}`);
  }
  for (const [title, options] of flagGroups(command)) {
    if (options.length > 0) parts.push(`${title}:\n${optionList(options, width)}`);
  }
  return `${parts.join('\n\n')}\n`;
}

/** The overview of all commands. */
export function overview(width: number): string {
  return `${[
    'Usage:  dray [OPTIONS] COMMAND',
    'Container images without Docker',
    `Management Commands:\n${wordList(GROUPS, width)}`,
    `Commands:\n${wordList(shownCommands(), width)}`,
    `Global Options:\n${list([...optionRows(globalFlags()), ['  -v, --version', 'Print the version and quit']], width)}`,
    "Run 'dray COMMAND --help' for more information on a command.",
  ].join('\n\n')}\n`;
}

/** The overview of a group: `dray image`. */
export function groupHelp(group: CommandGroup, width: number): string {
  const words = Object.entries(group.words).map(([name, line]) => ({ name, summary: target(line).entry.summary }));
  return `${[
    `Usage:  dray ${group.name} COMMAND`,
    group.summary,
    `Commands:\n${wordList(words, width)}`,
    `Run 'dray ${group.name} COMMAND --help' for more information on a command.`,
  ].join('\n\n')}\n`;
}

function wordList(entries: readonly { readonly name: string; readonly summary: string }[], width: number): string {
  return list(
    entries.map(({ name, summary }) => [`  ${name}`, summary] as const),
    width,
  );
}

function optionList(options: readonly Option[], width: number): string {
  return list(optionRows(options), width);
}

function optionRows(options: readonly Option[]): (readonly [left: string, right: string])[] {
  const left = (option: Option): string => `  ${option.short === undefined ? '    ' : ''}${option.flags}`;
  return options.map((option) => [left(option), option.description] as const);
}

function list(rows: readonly (readonly [left: string, right: string])[], width: number): string {
  const column = Math.max(...rows.map(([left]) => left.length)) + 3;
  return rows.map(([left, right]) => `${left.padEnd(column)}${wrap(right, width, column)}`).join('\n');
}

/** `text` in lines of at most `width`; all but the first begin with `indent` spaces, the first is to stand after as many. */
function wrap(text: string, width: number, indent: number): string {
  const room = Math.max(20, width - indent);
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > room) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
