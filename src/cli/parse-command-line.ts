import { CommanderError, Option, type OptionValues, Command as Parser } from 'commander';
import { nearest } from '#errors';
import type { Command } from './command.ts';
import { globalFlags } from './flags/global-flags.ts';
import { connectionFlags, registryFlags } from './flags/registry-flags.ts';
import { surplusOperand } from './surplus-operand.ts';
import { UsageError, type UsageErrorOptions } from './usage-error.ts';

export interface ParsedLine {
  readonly flags: OptionValues;
  readonly operands: readonly string[];
  readonly help: boolean;
}

/** The groups of flags that a command has, as its help shows them. */
export function flagGroups(command: Command): readonly (readonly [title: string, options: readonly Option[]])[] {
  const registry = command.registry === 'all' ? registryFlags : connectionFlags;
  return [
    ['Options', command.flags()],
    ...(command.registry === 'none' ? [] : ([['Registry Options', registry()]] as const)),
    ['Global Options', globalFlags().flatMap((option) => withoutOwn(option, command))],
  ];
}

/** A command's own flag means what the command says, as in docker: `-l` of `ls` is not `--log-level`, `--config` of `serve` is its own. */
function withoutOwn(option: Option, command: Command): readonly Option[] {
  const own = command.flags();
  if (own.some(({ long }) => long === option.long)) return [];
  if (option.short === undefined || !own.some(({ short }) => short === option.short)) return [option];
  const long = new Option(option.flags.replace(/^-\w, /, ''), option.description);
  return [option.parseArg === undefined ? long : long.argParser(option.parseArg)];
}

/**
 * Reads the arguments of `command`, flags and operands in any order, as docker does. Throws a UsageError for
 * an unknown flag, a bad value or a wrong number of operands.
 */
export function parseCommandLine(command: Command, args: readonly string[]): ParsedLine {
  const options = flagGroups(command).flatMap(([, group]) => group);
  const parser = new Parser(command.name)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .helpOption('-h, --help')
    .allowExcessArguments();
  for (const option of options) parser.addOption(option);
  try {
    parser.parse(plainBooleans(args, options), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { flags: parser.opts(), operands: [], help: true };
    throw flagError(command, error, options);
  }
  checkCount(command, parser.args);
  return { flags: parser.opts(), operands: parser.args, help: false };
}

const TRUE = /^(1|t|T|TRUE|true|True)$/;
const FALSE = /^(0|f|F|FALSE|false|False)$/;

/** docker's flag parser takes `--quiet=true`, `--quiet=false` and `-o=FILE`; commander does not. */
function plainBooleans(args: readonly string[], options: readonly Option[]): string[] {
  const end = args.indexOf('--');
  return args.flatMap((arg, position) => {
    const match = end !== -1 && position >= end ? null : /^(--[\w-]+|-[A-Za-z])=(.*)$/s.exec(arg);
    const [, name = '', value = ''] = match ?? [];
    const option = match && options.find(({ long, short }) => long === name || short === name);
    if (!option) return [arg];
    if (option.required) return name === option.short ? [name, value] : [arg];
    if (TRUE.test(value)) return [name];
    if (FALSE.test(value)) return negationOf(option, options);
    throw new UsageError(`invalid argument ${JSON.stringify(value)} for "${name}" flag: true or false is wanted`);
  });
}

/** What is on by default has a flag that switches it off. */
function negationOf(option: Option, options: readonly Option[]): string[] {
  const negation = `--no-${option.long?.slice('--'.length)}`;
  return options.some(({ long }) => long === negation) ? [negation] : [];
}

function flagError(command: Command, error: CommanderError, options: readonly Option[]): UsageError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  if (error.code === 'commander.optionMissingArgument') {
    const flag = quoted.split(/[ ,]+/).find((word) => word.startsWith('--')) ?? quoted;
    return usageError(command, `flag needs an argument: ${flag}`);
  }
  if (error.code !== 'commander.unknownOption') return usageError(command, error.message.replace(/^error: /, ''));
  const flag = quoted.split('=')[0] ?? quoted;
  if (!flag.startsWith('--')) {
    return usageError(command, `unknown shorthand flag: '${flag.slice(1, 2)}' in ${flag}`);
  }
  const known = options.flatMap(({ long }) => long ?? []);
  const meant = nearest(flag, [...known, '--help']);
  return usageError(command, `unknown flag: ${flag}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
}

function usageError(command: Command, message: string, options: Omit<UsageErrorOptions, 'hint'> = {}): UsageError {
  const usage = `Usage:  dray ${command.name} ${command.usage}`;
  return new UsageError(message, {
    ...options,
    hint: `${usage}\nRun 'dray ${command.name} --help' for more information`,
  });
}

function checkCount(command: Command, operands: readonly string[]): void {
  const { min, max } = command.operands;
  const count = operands.length;
  if (count >= min && count <= max) return;
  const many = (number: number): string => `${number} argument${number === 1 ? '' : 's'}`;
  let wanted = `requires at least ${many(min)}`;
  if (max === 0) wanted = 'accepts no arguments';
  else if (min === max) wanted = `requires ${many(min)}`;
  else if (count > max) wanted = `requires at most ${many(max)}`;
  throw usageError(command, `'dray ${command.name}' ${wanted}${surplusOperand(command, operands)}`, {
    dockerStatus: 1,
  });
}
