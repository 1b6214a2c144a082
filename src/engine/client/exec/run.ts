import type { CallOptions } from '#content';
import { DrayError } from '#errors';
import { printable } from '#oci';
import type { ExecSettings } from '../../api/containers.ts';
import type { EngineConnection } from '../connection.ts';
import { whileHeard } from '../hear-errors.ts';
import { type Converse, converse } from '../streams/converse.ts';
import { createExec } from './create.ts';
import { inspectExec } from './inspect.ts';
import { startExec } from './start.ts';

/** `stdin` is read; `stdout` and `stderr` are written, and stay open. */
export interface RunExecOptions extends CallOptions, Converse {}

/** A command that has run to its end. */
export interface ExecEnd {
  readonly id: string;
  readonly exitCode: number;
}

/** See `Exec.run`. */
export async function runExec(
  connection: EngineConnection,
  container: string,
  options: RunExecOptions & { readonly settings: ExecSettings },
): Promise<ExecEnd> {
  const { stdin, stdout, stderr } = options;
  return whileHeard([stdin, stdout, stderr], () => createAndRun(connection, container, options));
}

async function createAndRun(
  connection: EngineConnection,
  container: string,
  { settings, signal, ...streams }: RunExecOptions & { readonly settings: ExecSettings },
): Promise<ExecEnd> {
  const { stdin, stderr } = streams;
  const hasInput = stdin !== undefined;
  // Stdout always: its end is that of the command.
  const asked = { ...settings, AttachStdin: hasInput, AttachStdout: true, AttachStderr: stderr !== undefined };
  const { Id: id } = await createExec(connection, container, { settings: asked, signal });
  await converse(await startExec(connection, id, { tty: settings.Tty, stdin: hasInput, signal }), streams);
  const { ExitCode: exitCode } = await inspectExec(connection, id, { signal });
  if (typeof exitCode === 'number') return { id, exitCode };
  throw new DrayError('CONNECTION_LOST', `the command ${printable(id)} still runs, but its output has ended`);
}
