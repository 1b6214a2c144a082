import { Option } from 'commander';
import type { ValueParser } from './values.ts';

const longOf = (option: Option): string => option.long ?? option.flags;

/** A flag without a value; `--no-…` names one that is on by default. */
export function toggle(flags: string, description: string): Option {
  return new Option(flags, description);
}

/** A flag with a value, read by `parse` as soon as it is seen. Given twice, the last one counts. */
export function valued<T>(flags: string, description: string, parse: ValueParser<T>): Option {
  const option = withChoices(new Option(flags, description), parse);
  return option.argParser((text) => parse(text, longOf(option)));
}

/** A flag with a value that may be given several times: its value is a list. */
export function repeatable<T>(flags: string, description: string, parse: ValueParser<T>): Option {
  const option = withChoices(new Option(flags, description), parse);
  return option.argParser((text, before: readonly T[] | undefined) => [...(before ?? []), parse(text, longOf(option))]);
}

/** What shells offer for the value. */
function withChoices<T>(option: Option, { choices }: ValueParser<T>): Option {
  if (choices !== undefined) option.argChoices = [...choices];
  return option;
}
