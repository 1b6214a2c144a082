import type { Option, OptionValues } from 'commander';
import type { CliContext } from './context.ts';
import type { GlobalFlags } from './flags/global-flags.ts';
import type { RegistryFlags } from './flags/registry-flags.ts';

/** Which of the registry flags a command has. */
export type RegistryUse = 'none' | 'connection' | 'all';

/** A command as its file defines it. */
export interface CommandDefinition<F> {
  /** `pull`. */
  readonly name: string;
  /** Other ways to say it, in full: `dray image pull`. */
  readonly aliases?: readonly string[];
  /** What follows the name: `[OPTIONS] NAME[:TAG|@DIGEST]...`. */
  readonly usage: string;
  readonly description: string;
  readonly operands: { readonly min: number; readonly max: number };
  /** True for commands that docker has: they end with docker's statuses. */
  readonly isDockers: boolean;
  readonly registry: RegistryUse;
  readonly flags: () => readonly Option[];
  /** Each a command line and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** Does the work; rejects with a DrayError. Resolves with the exit status where that is another than 0. */
  run(call: Call<F>): Promise<number | void>;
}

/** One call of a command, its command line understood. */
export interface Call<F> {
  readonly flags: F & GlobalFlags & RegistryFlags;
  readonly operands: readonly string[];
  readonly context: CliContext;
}

/** A definition whose flags are not known by type: what the table of commands holds. */
export type Command = CommandDefinition<OptionValues>;

/** `F` is what the options in `flags` yield: the one place where that is taken on trust. */
export function defineCommand<F extends object>(definition: CommandDefinition<F>): Command {
  return definition;
}
