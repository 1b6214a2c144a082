import { type DrayError, type ErrorCode, isDrayError, messageOf } from '#errors';
import { printable } from '#oci';

/** What a request is answered with in place of what it asked for. The message is docker's where docker has one. */
export class EngineError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.name = 'EngineError';
    this.status = status;
  }
}

/** What an endpoint that waits for a later part of dray answers. */
export function notImplemented(what: string): EngineError {
  return new EngineError(501, `${what} is not implemented by this engine`);
}

const LONGEST_MESSAGE = 2000;

/** Anything that was thrown, as an answer: the status of the table of codes, the message with what to do next. */
export function asEngineError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  if (!isDrayError(thrown))
    return new EngineError(500, printable(messageOf(thrown), LONGEST_MESSAGE), { cause: thrown });
  return new EngineError(statusOf(thrown), textOf(thrown), { cause: thrown });
}

/** Failures of a registry are failures of the engine to its clients, as docker tells them: 502 would be the engine's own proxy. */
function statusOf({ facts }: DrayError): number {
  return facts.http === 502 || facts.http === 504 || facts.http === 499 ? 500 : facts.http;
}

/** What these say is docker's to the letter, and scripts look for it. */
const DOCKERS_WORDS: ReadonlySet<ErrorCode> = new Set(['INVALID_REFERENCE', 'MANIFEST_UNKNOWN', 'CONFLICT']);

function textOf({ code, message, hint }: DrayError): string {
  // As systems say it, and so docker; what is kept of a pull is no hint for who loads or tags.
  if (code === 'DISK_FULL') return printable(message.replace(/no space left$/, '$& on device'), LONGEST_MESSAGE);
  return printable(hint === undefined || DOCKERS_WORDS.has(code) ? message : `${message}: ${hint}`, LONGEST_MESSAGE);
}
