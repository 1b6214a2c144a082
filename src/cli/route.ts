import { nearest } from '#errors';
import { COMMANDS, type CommandEntry, type CommandGroup, GROUPS, shownCommands } from './command-table.ts';
import { elsewhere } from './elsewhere.ts';
import { UsageError } from './usage-error.ts';

/** What a command line asks for: a command with its arguments (global flags first), an overview, or the version alone. */
export type Route =
  | { readonly kind: 'command'; readonly entry: CommandEntry; readonly args: readonly string[] }
  | { readonly kind: 'version' }
  | { readonly kind: 'overview'; readonly group?: CommandGroup };

/** Global flags that stand before the command and take the next argument as their value. */
const TAKES_VALUE: ReadonlySet<string> = new Set(['--root', '--config', '--log-level', '-l', '--progress']);
/** After a group's name. */
const HELP: ReadonlySet<string> = new Set(['help', '-h', '--help']);
const GLOBAL_TOGGLES: ReadonlySet<string> = new Set(['--no-color', '--debug', '-D']);

/** Finds the command in `argv` (without node and script). Throws a UsageError for a word that is none, naming the nearest. */
export function route(argv: readonly string[]): Route {
  const leading: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const arg = argv[at] ?? '';
    if (arg === '-v' || arg === '--version') return { kind: 'version' };
    if (arg === '-h' || arg === '--help') return { kind: 'overview' };
    if (!arg.startsWith('-')) return command(arg, leading, argv.slice(at + 1));
    const name = arg.split('=')[0] ?? arg;
    if (!TAKES_VALUE.has(name) && !GLOBAL_TOGGLES.has(name)) throw unknownFlag(name);
    leading.push(arg);
    if (TAKES_VALUE.has(arg)) {
      at += 1;
      const value = argv[at];
      if (value === undefined) throw new UsageError(`flag needs an argument: ${arg}`, { hint: "See 'dray --help'." });
      leading.push(value);
    }
  }
  return { kind: 'overview' };
}

function command(word: string, leading: readonly string[], rest: readonly string[]): Route {
  const group = GROUPS.find(({ name }) => name === word);
  if (group !== undefined) return grouped(group, leading, rest);
  const entry = COMMANDS.find(({ name }) => name === word);
  if (entry !== undefined) return { kind: 'command', entry, args: [...leading, ...rest] };
  throw unknownWord(
    word,
    'dray',
    [...shownCommands(), ...GROUPS].map(({ name }) => name),
  );
}

function grouped(group: CommandGroup, leading: readonly string[], rest: readonly string[]): Route {
  const [word, ...args] = rest;
  if (word === undefined || HELP.has(word)) return { kind: 'overview', group };
  const line = Object.hasOwn(group.words, word) ? group.words[word] : undefined;
  if (line === undefined) throw unknownWord(word, `dray ${group.name}`, Object.keys(group.words));
  const { entry, flags } = target(line);
  return { kind: 'command', entry, args: [...leading, ...flags, ...args] };
}

/** The command that a group's word stands for, and the flags that go with it. */
export function target(line: string): { readonly entry: CommandEntry; readonly flags: readonly string[] } {
  const entry = COMMANDS.find((each) => line === each.name || line.startsWith(`${each.name} -`));
  if (entry === undefined) throw new Error(`no command ${line} in the table`);
  return {
    entry,
    flags: line
      .slice(entry.name.length)
      .split(' ')
      .filter((word) => word !== ''),
  };
}

function unknownWord(word: string, parent: string, known: readonly string[]): UsageError {
  const theirs = elsewhere(`${parent} ${word}`.slice('dray '.length));
  const meant = theirs === undefined ? nearest(word, known) : undefined;
  const guess = meant === undefined ? theirs : `Did you mean '${parent} ${meant}'?`;
  const help = `See '${parent} --help'.`;
  return new UsageError(`'${word}' is not a ${parent} command.`, {
    hint: guess === undefined ? help : `${guess} ${help}`,
    dockerStatus: 1,
  });
}

function unknownFlag(flag: string): UsageError {
  const meant = nearest(flag, [...TAKES_VALUE, ...GLOBAL_TOGGLES, '--help', '--version']);
  const question = meant === undefined ? '' : `; did you mean ${meant}?`;
  return new UsageError(`unknown flag: ${flag}${question}`, { hint: "See 'dray --help'." });
}
