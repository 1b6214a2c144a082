import type { Option } from 'commander';
import type { Command } from '../command.ts';
import { COMMANDS, type CommandEntry, GROUPS, shownCommands } from '../command-table.ts';
import type { CliContext } from '../context.ts';
import { globalFlags } from '../flags/global-flags.ts';
import { flagGroups } from '../parse-command-line.ts';
import { beginningWith, type Candidate, type Completion, NOTHING } from './completion.ts';
import { flagNames, flagValues } from './flag-completion.ts';
import { operandChoices, operandKind } from './operand-kind.ts';

/**
 * What the last of `words` (those after `dray`) may become, by the definitions of the commands. Only the file of the command that is typed is
 * loaded, and a Dray only for names of images.
 */
export async function complete(words: readonly string[], context: CliContext): Promise<Completion> {
  const word = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const globals = globalFlags();
  const at = commandAt(before, globals);
  if (at === undefined) return beforeCommand(word, before, globals);
  const group = GROUPS.find(({ name }) => name === before[at]);
  const next = before.slice(at + 1);
  if (group === undefined) return withCommand(entryOf(before[at] ?? ''), { word, before: next, all: words, context });
  const [subcommand, ...rest] = next;
  if (subcommand === undefined) {
    const inGroup = Object.entries(group.words).map(([value, name]) => candidateOf(value, entryFor(name)));
    return { candidates: beginningWith(word, inGroup) };
  }
  const name = Object.hasOwn(group.words, subcommand) ? group.words[subcommand] : undefined;
  return withCommand(name === undefined ? undefined : entryFor(name), { word, before: rest, all: words, context });
}

/** Where the first word stands that is no flag of dray's own and no value of one. */
function commandAt(words: readonly string[], globals: readonly Option[]): number | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) return at;
    if (optionOf(word, globals)?.required === true) at += 1;
  }
  return undefined;
}

function beforeCommand(word: string, before: readonly string[], globals: readonly Option[]): Completion {
  const last = optionOf(before.at(-1) ?? '', globals);
  if (last?.required === true) return flagValues(word, last);
  if (word.startsWith('-')) return flagsOrValue(word, globals);
  return { candidates: beginningWith(word, commandWords()) };
}

function commandWords(): readonly Candidate[] {
  const groups = GROUPS.map(({ name, summary }) => ({ value: name, description: summary }));
  const commands = shownCommands().map((entry) => candidateOf(entry.name, entry));
  return [...commands, ...groups];
}

function candidateOf(value: string, entry: CommandEntry | undefined): Candidate {
  return entry === undefined ? { value } : { value, description: entry.summary };
}

function entryOf(name: string): CommandEntry | undefined {
  return shownCommands().find((entry) => entry.name === name);
}

/** What a group's word stands for: a command of its own, or another one with flags. */
function entryFor(line: string): CommandEntry | undefined {
  return COMMANDS.find(({ name }) => name === line) ?? entryOf(line.split(' ')[0] ?? '');
}

/** What is typed behind a command. */
interface Typed {
  readonly word: string;
  readonly before: readonly string[];
  readonly all: readonly string[];
  readonly context: CliContext;
}

async function withCommand(entry: CommandEntry | undefined, typed: Typed): Promise<Completion> {
  if (entry === undefined) return NOTHING;
  const command = await entry.load();
  const options = flagGroups(command).flatMap(([, group]) => group);
  const { word, before } = typed;
  const end = before.indexOf('--');
  if (end < 0) {
    const last = optionOf(before.at(-1) ?? '', options);
    if (last?.required === true) return flagValues(word, last);
    if (word.startsWith('-')) return flagsOrValue(word, options);
  }
  return operand(command, countOperands(before, options), typed);
}

async function operand(command: Command, index: number, { word, before, all, context }: Typed): Promise<Completion> {
  const kind = operandKind(command.usage, index);
  switch (kind) {
    case 'none': {
      const choices = operandChoices(command.usage, index).map((value) => ({ value }));
      return { candidates: beginningWith(word, choices) };
    }
    case 'file':
      return { candidates: [], files: true };
    case 'command':
      return index > 0 ? NOTHING : { candidates: beginningWith(word, commandWords()) };
    default: {
      const { completeName } = await import('./complete-name.ts');
      return completeName(word, kind, { command, before, all, context });
    }
  }
}

function countOperands(words: readonly string[], options: readonly Option[]): number {
  let count = 0;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return count + words.length - at - 1;
    if (!word.startsWith('-') || word === '-') count += 1;
    else if (optionOf(word, options)?.required === true) at += 1;
  }
  return count;
}

/** `--flag=VALUE`, or the name of a flag. */
function flagsOrValue(word: string, options: readonly Option[]): Completion {
  const equals = word.indexOf('=');
  const option = equals < 0 ? undefined : optionOf(word.slice(0, equals), options);
  if (option === undefined) return flagNames(word, options);
  const { candidates, ...rest } = flagValues(word.slice(equals + 1), option);
  const lead = word.slice(0, equals + 1);
  return { ...rest, candidates: candidates.map((one) => ({ ...one, value: `${lead}${one.value}` })) };
}

function optionOf(word: string, options: readonly Option[]): Option | undefined {
  return word.startsWith('-') ? options.find(({ long, short }) => long === word || short === word) : undefined;
}
