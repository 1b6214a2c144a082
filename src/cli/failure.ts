import { DrayError, EXIT_STATUS, errnoOf, hasCode, isDrayError, messageOf } from '#errors';
import type { CliContext } from './context.ts';
import { interruptionOf, interruptionStatus } from './interruption.ts';
import { jsonLine, manyLines, oneLine } from './output/printable.ts';
import { UsageError } from './usage-error.ts';

export interface FailureOptions {
  readonly context: Pick<CliContext, 'stderr' | 'signal'>;
  /** docker's exit statuses, or those of the error's family. */
  readonly isDockers: boolean;
  /** Print causes and stacks. */
  readonly debug: boolean;
  /** Print a line of JSON, for `--progress json`. */
  readonly json: boolean;
}

/** Tells on stderr why a command failed, and gives the exit status that says it to programs. */
export function reportFailure(thrown: unknown, options: FailureOptions): number {
  const { context } = options;
  const error = asDrayError(thrown);
  // What fails after the signal fails because of it, whatever the error says.
  const reason: unknown = context.signal.aborted ? context.signal.reason : error;
  const by = hasCode(reason, 'CANCELLED') ? interruptionOf(reason) : undefined;
  if (by !== 'SIGPIPE') context.stderr.write(describe(error, options));
  return by === undefined ? exitStatus(error, options.isDockers) : interruptionStatus(by);
}

/** The exit status of a failure that is no interruption. */
export function exitStatus(error: DrayError, isDockers: boolean): number {
  const { family } = error.facts;
  if (family === 'bug') return EXIT_STATUS.bug;
  if (!isDockers) return EXIT_STATUS[family];
  if (error instanceof UsageError) return error.dockerStatus;
  return error.code === 'INVALID_OPTION' ? 125 : 1;
}

/** Anything thrown as a DrayError: what is none comes from a mistake in dray, and says so, or from a copy of dray that is not whole. */
export function asDrayError(thrown: unknown): DrayError {
  if (thrown instanceof DrayError) return thrown;
  if (isDrayError(thrown)) {
    const { code, message, hint, detail, cause } = thrown;
    return new DrayError(code, message, { detail, cause, ...(hint === undefined ? {} : { hint }) });
  }
  if (errnoOf(thrown) === 'ERR_MODULE_NOT_FOUND') {
    return new DrayError('IO_FAILED', `a part of dray is missing: ${messageOf(thrown)}`, {
      hint: 'dray.mjs alone serves no registry and is no engine: the other .mjs files of its folder belong beside it',
      cause: thrown,
    });
  }
  return new DrayError('BUG', `this is a bug of dray: ${messageOf(thrown)}`, {
    hint: 'please report it where you got dray from, with what the same command prints with --log-level debug',
    cause: thrown,
  });
}

function describe(error: DrayError, { debug, json }: FailureOptions): string {
  if (json) {
    const { code, message, hint } = error;
    return `${jsonLine({ kind: 'error', code, message, hint })}\n`;
  }
  const hint = error.hint?.split('\n').map(oneLine).join('\n');
  const lead = error instanceof UsageError ? (hint?.startsWith('Usage:') ? '\n' : '') : 'hint: ';
  const text = `dray: ${manyLines(error.message)}\n${hint === undefined ? '' : `${lead}${hint}\n`}`;
  return debug ? `${text}${causes(error)}` : text;
}

/** The error's own stack, then each cause's; a chain of causes that loops is cut. */
function causes(error: DrayError): string {
  let text = stackOf(error);
  let cause: unknown = error.cause;
  for (let depth = 0; cause !== undefined && cause !== null && depth < 10; depth += 1) {
    text += `caused by ${hasCode(cause, 'CANCELLED') ? 'cancellation: ' : ''}${stackOf(cause)}`;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return text;
}

function stackOf(thrown: unknown): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const code = isDrayError(thrown) ? `[${thrown.code}] ` : '';
  return `${code}${stack.split('\n').map(oneLine).join('\n    ')}\n`;
}
