import type { CallOptions } from '#content';
import type { ExecInspect, ExecSettings } from '../../api/containers.ts';
import type { EngineConnection } from '../connection.ts';
import { resizeTerminal, type TerminalSize } from '../containers/resize.ts';
import type { Attached } from '../streams/attached.ts';
import { createExec } from './create.ts';
import { execPath } from './exec-path.ts';
import { inspectExec } from './inspect.ts';
import { type ExecEnd, type RunExecOptions, runExec } from './run.ts';
import { type StartExecOptions, startExec } from './start.ts';
import { startDetachedExec } from './start-detached.ts';

/** Commands in containers that run. Rejects with NOT_FOUND for one that is not there, and CONFLICT where the container does not run. */
export interface Exec {
  /** Makes a command ready; resolves with its ID. */
  create(container: string, settings: ExecSettings, options?: CallOptions): Promise<{ readonly Id: string }>;
  /** Starts it, once, and resolves with its streams; their end is its end. Its exit code is then in `inspect`. */
  start(id: string, options?: StartExecOptions): Promise<Attached>;
  /** Starts it, and hears no more of it. */
  startDetached(id: string, options?: CallOptions & { readonly tty?: boolean | undefined }): Promise<void>;
  inspect(id: string, options?: CallOptions): Promise<ExecInspect>;
  /** Of its terminal, while it runs. */
  resize(id: string, options: CallOptions & TerminalSize): Promise<void>;
  /**
   * Creates and starts a command and resolves with its exit code when all it said has been written. What of `settings` says what to attach
   * is set by what is given in `options`. Cancelling closes the connection; engines let the command go on.
   */
  run(container: string, settings: ExecSettings, options?: RunExecOptions): Promise<ExecEnd>;
}

export function execOf(connection: EngineConnection): Exec {
  return {
    create: (container, settings, options) => createExec(connection, container, { ...options, settings }),
    start: (id, options) => startExec(connection, id, options),
    startDetached: (id, options) => startDetachedExec(connection, id, options),
    inspect: (id, options) => inspectExec(connection, id, options),
    resize: (id, options) => resizeTerminal(connection, execPath(id, 'resize'), options),
    run: (container, settings, options) => runExec(connection, container, { ...options, settings }),
  };
}
