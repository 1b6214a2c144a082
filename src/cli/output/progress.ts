import type { OnEvent, OutputWritten } from '#progress';
import { systemClock } from '#timing';
import type { CliContext } from '../context.ts';
import { type GlobalFlags, isDebug, type ProgressMode } from '../flags/global-flags.ts';
import { DockerLines } from './docker-lines.ts';
import { createPlain } from './plain.ts';
import { jsonLine } from './printable.ts';
import { PushLines } from './push-lines.ts';
import { talkLine } from './talk.ts';
import { createTty } from './tty.ts';
import { writtenLine } from './written.ts';

export interface ProgressOptions {
  readonly context: Pick<CliContext, 'stdout' | 'stderr' | 'env'>;
  readonly flags: GlobalFlags;
  /** Print names alone. */
  readonly quiet: boolean;
  /** stdout carries data: docker's lines go to stderr. */
  readonly data: boolean;
  readonly allTags: boolean;
  /** What is told of; a pull by default. */
  readonly action?: 'pull' | 'push' | 'copy' | 'load' | 'unpack' | 'export';
  /** False: docker says nothing of what goes on. */
  readonly lines?: boolean | undefined;
}

/** All that is printed while a pull goes on and when it has ended. Exactly one of `end` and `fail` is to be called. */
export interface Progress {
  readonly onEvent: OnEvent;
  /** `names`: the full name of each image, printed last as docker does. */
  end(names: readonly string[]): void;
  /** Stops drawing, so that the error can be printed. */
  fail(): void;
}

type Mode = Exclude<ProgressMode, 'auto'>;

export function createProgress(options: ProgressOptions): Progress {
  const { context, flags, quiet, data } = options;
  const mode = modeOf(options);
  // Who asked for names alone still has to hear that an image is of another platform.
  const level = isDebug(flags) ? 'debug' : (flags.logLevel ?? (quiet ? 'warn' : 'info'));
  const written: OutputWritten[] = [];

  const tty =
    mode === 'tty' ? createTty(context.stderr, options.action === 'load' ? 'pull' : options.action) : undefined;
  const print = (to: 'stdout' | 'stderr', line: string): void => {
    const stream = context[to];
    // Bars and lines of the same terminal must not run into each other.
    if (tty !== undefined && (to === 'stderr' || stream.isTTY === true)) tty.print(stream, line);
    else stream.write(`${line}\n`);
  };
  const talk = (line: string): void => print('stderr', line);
  const plain = mode === 'plain' ? createPlain(talk, options.action) : undefined;
  const linesTo = data ? 'stderr' : 'stdout';
  const { action = 'pull', allTags } = options;
  const how = {
    print: (line: string) => print(linesTo, line),
    layers: tty !== undefined && (data || context.stdout.isTTY === true) ? ('last' as const) : ('each' as const),
  };
  const pulling = action === 'pull' ? new DockerLines({ ...how, allTags }) : undefined;
  const lines = action === 'push' || action === 'copy' ? new PushLines({ ...how, action }) : pulling;
  const hasLines = options.lines !== false && !quiet && !(mode === 'json' && data);
  const timer = startTimer(tty ?? plain);

  return {
    onEvent(event) {
      const now = systemClock.monotonic();
      tty?.event(event, now);
      plain?.event(event, now);
      if (event.kind === 'output-written') written.push(event);
      if (mode === 'json') {
        if (event.kind !== 'debug' || level === 'debug') context.stderr.write(`${jsonLine(event)}\n`);
      } else {
        const line = talkLine(event, level);
        if (line !== undefined) talk(line);
      }
      if (hasLines) lines?.event(event);
    },
    end(names) {
      clearInterval(timer);
      tty?.end(true, systemClock.monotonic());
      if (hasLines) pulling?.end(names);
      else if (!data) for (const name of names) print('stdout', name);
      if (mode !== 'json' && !quiet) written.map(writtenLine).forEach(talk);
    },
    fail() {
      clearInterval(timer);
      tty?.end(false, systemClock.monotonic());
    },
  };
}

function modeOf({ context, flags, quiet }: ProgressOptions): Mode {
  const asked = flags.progress ?? 'auto';
  if (asked !== 'auto') return asked;
  if (quiet) return 'none';
  return context.stderr.isTTY === true && context.env['TERM'] !== 'dumb' ? 'tty' : 'plain';
}

function startTimer(ticking: { tick(now: number): void } | undefined): NodeJS.Timeout | undefined {
  if (ticking === undefined) return undefined;
  return setInterval(() => ticking.tick(systemClock.monotonic()), 100).unref();
}
