import type { CallOptions } from '#content';
import type { Call } from './command.ts';
import { isDebug } from './flags/global-flags.ts';
import { jsonLine } from './output/printable.ts';
import { talkLine } from './output/talk.ts';

/** Call options for a command whose stdout is its answer: warnings and retries go to stderr, and a signal stops it. */
export function listening(
  { flags, context }: Call<object>,
  print: (line: string) => void = (line) => void context.stderr.write(`${line}\n`),
): CallOptions {
  const level = isDebug(flags) ? 'debug' : (flags.logLevel ?? 'info');
  return {
    signal: context.signal,
    onEvent: (event) => {
      const line = talkLine(event, level);
      if (line === undefined) return;
      print(flags.progress === 'json' ? jsonLine(event) : line);
    },
  };
}
