import type { CallOptions } from '#content';
import { printable } from '#oci';
import type { EngineConnection } from '../connection.ts';
import { type Attached, attachedTo } from '../streams/attached.ts';
import { isMultiplexed } from '../streams/is-multiplexed.ts';
import { execPath } from './exec-path.ts';

export interface StartExecOptions extends CallOptions {
  /** Whether it was created with a terminal: has to be the same. False by default. */
  readonly tty?: boolean | undefined;
  /** Whether something is written to it: it has to have been created with AttachStdin. False by default. */
  readonly stdin?: boolean | undefined;
}

/** See `Exec.start`. */
export async function startExec(
  connection: EngineConnection,
  id: string,
  { tty = false, stdin = false, signal }: StartExecOptions = {},
): Promise<Attached> {
  const json = { Detach: false, Tty: tty };
  const taken = await connection.takeOver({
    method: 'POST',
    path: execPath(id, 'start'),
    json,
    signal,
    timeout: false,
  });
  try {
    const version = await connection.version({ signal });
    const isFramed = await isMultiplexed(taken.contentType, version, async () => tty);
    const what = `the output of the command ${printable(id)}`;
    return attachedTo(taken.stream, { what, isMultiplexed: isFramed, hasInput: stdin, signal });
  } catch (error) {
    taken.stream.destroy();
    throw error;
  }
}
