import type { Readable, Writable } from 'node:stream';
import type { Dray, DrayOptions } from '#dray';
import { DrayError } from '#errors';
import { interruption } from './interruption.ts';

/** An output stream, perhaps a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
/** The input stream, perhaps a terminal. */
export type Input = Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };

/** Everything of the process that commands see, so that a test can run one without a process. */
export interface CliContext {
  readonly createDray: (options: DrayOptions) => Dray | Promise<Dray>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborts on SIGINT and SIGTERM, with what `interruption` gives as its reason. */
  readonly signal: AbortSignal;
  /** Aborts on the second one of them: what is still being brought to an end in order is to be cut. */
  readonly hurry: AbortSignal;
  /** From now on SIGHUP calls `listener` in place of ending the process; where it comes since the terminal is gone, it is as SIGTERM. */
  onHangup?(listener: () => void): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

/**
 * Writes `text` and resolves when the stream can take more. Rejects with DISK_FULL or IO_FAILED where it cannot be
 * written, and as an interruption where nobody reads any more.
 */
export function write(stream: Writable, text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(writeFailure(error));
      else resolve();
    });
  });
}

export function writeFailure(error: NodeJS.ErrnoException): DrayError {
  if (error.code === 'EPIPE') return interruption('SIGPIPE');
  const code = error.code === 'ENOSPC' ? 'DISK_FULL' : 'IO_FAILED';
  return new DrayError(code, `cannot write the output: ${error.message}`, { cause: error });
}
