import type { Option } from 'commander';
import { toggle, valued } from './flag.ts';
import { nonEmpty, oneOf } from './values.ts';

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'json' | 'none';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Flags that every command takes, before and after its name. */
export interface GlobalFlags {
  readonly root?: string;
  readonly config?: string;
  readonly logLevel?: LogLevel;
  readonly debug?: true;
  readonly progress?: ProgressMode;
  readonly color: boolean;
}

export function globalFlags(): Option[] {
  return [
    valued('--config <DIR>', "Folder of docker's config.json (default: $DOCKER_CONFIG or ~/.docker)", nonEmpty),
    toggle('-D, --debug', 'The same as --log-level debug'),
    valued(
      '-l, --log-level <LEVEL>',
      'What is told on stderr: debug, info, warn, error, fatal (default: info)',
      oneOf('debug', 'info', 'warn', 'error', 'fatal'),
    ),
    toggle('--no-color', 'No colours (there are none so far; $NO_COLOR is honoured too)'),
    valued(
      '--progress <MODE>',
      'Progress on stderr: auto, tty (bars), plain (a line every 5 s), json (an event a line), none (default: auto)',
      oneOf('auto', 'tty', 'plain', 'json', 'none'),
    ),
    valued('--root <DIR>', "Folder of the store (default: $DRAY_ROOT or the user's data folder)", nonEmpty),
  ];
}

export function isDebug(flags: GlobalFlags): boolean {
  return flags.debug === true || flags.logLevel === 'debug';
}
